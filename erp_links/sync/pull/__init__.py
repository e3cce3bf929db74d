"""The way from the ERP to the CRM: passes of pages, each taken over in one transaction."""
