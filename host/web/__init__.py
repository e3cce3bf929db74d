"""The web shell: frame, navigation, formats, security headers and error pages."""

from host.web.shell import init_web

__all__ = ["init_web"]
