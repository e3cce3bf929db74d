"""What the pages of the hub show and do; `host.crm.blueprint` gives each its address."""
