"""Who signs in to the installation of the benchmark."""

LOGIN, PASSWORD = "benchmark", "correct horse battery"
