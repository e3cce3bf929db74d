"""Sync connectors that administrators registered by URL."""
