"""The sync engine: runs that move changes between an ERP and the hub."""
