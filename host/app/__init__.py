"""Composition: the only place, beside the command line, that knows everything."""

from host.app.factory import create_app

__all__ = ["create_app"]
