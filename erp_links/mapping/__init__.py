"""Field mapping: what the ERP declares, and where it goes in the hub."""
