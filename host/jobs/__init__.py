"""Leases, worker processes and what wakes them."""

from host.jobs.keeping import LeaseKeeper
from host.jobs.leases import HeldLease
from host.jobs.presence import is_working
from host.jobs.sources import WorkSource
from host.jobs.worker import Worker

__all__ = ["HeldLease", "LeaseKeeper", "WorkSource", "Worker", "is_working"]
