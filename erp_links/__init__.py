"""What administrators and users work with: ERP links, their mapping, the sync engine and the ERP tab."""
