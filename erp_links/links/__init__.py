"""ERP links: configuration, the test gate, visibility and states."""
