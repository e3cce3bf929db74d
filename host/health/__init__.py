"""Whether this installation is alive, and whether it is ready for work."""

from host.health.blueprint import init_health

__all__ = ["init_health"]
