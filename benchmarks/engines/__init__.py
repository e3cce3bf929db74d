"""What is measured, each engine in a process of its own: Tieline, dlt, and the floors written by hand."""
