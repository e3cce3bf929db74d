"""The ERP of the benchmark: a server in a process of its own, and the connector plugin that reaches it."""
