"""The ERP tab: live values of the linked ERP records beside a CRM record."""
