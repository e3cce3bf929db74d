"""Leases, worker processes and what wakes them."""
