"""The look-up tables between lists of a link's ERP and lists of the hub (spec 2.10)."""
