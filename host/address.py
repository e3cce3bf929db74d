"""Where people find an installation."""

from host.settings import Settings


def address_of(settings: Settings) -> str:
    """Return the address of the installation for a browser, without a slash at its end.

    It is the public URL where one is set, else where the web process listens; a port of 0 has to be replaced by the
    one that the system chose.
    """
    base = settings.public_url.rstrip("/") or f"http://{_dialled(settings.host)}:{settings.port}"
    return f"{base}{settings.path_prefix}"


def _dialled(host: str) -> str:
    """Return a host that a browser on this machine can dial; a wildcard address is none."""
    if host in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared with, not bound to
        return "localhost"
    return f"[{host}]" if ":" in host else host
