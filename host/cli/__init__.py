"""The command `tieline`."""

from host.cli.main import main

__all__ = ["main"]
