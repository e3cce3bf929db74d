"""The way from the CRM to the ERP: reconciling what is on the outbox, and resyncs."""
