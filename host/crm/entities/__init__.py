"""The declarations of the hub's entities, one module each."""
