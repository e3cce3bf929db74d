"""The CRM hub: Tieline's own copy of the records that it keeps equal."""
