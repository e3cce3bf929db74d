"""The forms that the URL of a sync connector may have (spec 2.3)."""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from flask_babel import gettext as _

from host.errors import InvalidInputError

LONGEST_URL = 1023

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_PLUGIN_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


class Protocol(StrEnum):
    """How Tieline talks with a connector."""

    PLUGIN = "plugin"
    SOAP = "soap"
    JSON = "json"
    ASKED = "asked"
    """A plain address: the server is asked which of the two it speaks."""


@dataclass(frozen=True, slots=True)
class ConnectorUrl:
    """A URL that has one of the known forms.

    Attributes:
        text: The URL as it was typed, byte for byte.
        plugin: Name of the connector behind `plugin:NAME`; empty otherwise.
        address: The http address behind the other forms, with its query as it was typed; empty otherwise.
        warning: What an administrator ought to know before secrets are sent there, or empty.
        unavailable: Why this version cannot use the URL yet, or empty.
    """

    text: str
    protocol: Protocol
    plugin: str = ""
    address: str = ""
    warning: str = ""
    unavailable: str = ""

    @property
    def is_asked(self) -> bool:
        """Whether a server is behind it that can be asked what it speaks."""
        return self.protocol in {Protocol.JSON, Protocol.ASKED}

    def require_available(self) -> None:
        """Refuse a URL that this version cannot use yet.

        Raises:
            InvalidInputError: With the reason, and with the warning if there is one.
        """
        if self.unavailable:
            raise _refused(*filter(None, (self.unavailable, self.warning)))


def parse_connector_url(text: object) -> ConnectorUrl:
    """Read a URL that somebody typed; blanks around it are dropped, and nothing else of it is changed.

    Raises:
        InvalidInputError: Under the field `url`, in words that never repeat a password out of the URL.
    """
    if not isinstance(text, str) or not text.strip():
        raise _refused(_("is missing"))
    stripped = text.strip()
    if len(stripped) > LONGEST_URL:
        raise _refused(_("has more than %(most)s characters", most=LONGEST_URL))
    if not _PRINTABLE.fullmatch(stripped):
        raise _refused(_("holds blanks, control characters or other letters than English ones; percent-encode them"))
    found = _SCHEME.fullmatch(stripped)
    reader = _READERS.get(found[1].lower()) if found else None
    if found is None or reader is None:
        raise _refused(_("begins with none of the known forms: plugin:NAME, https://…, soap+https://…, json+https://…"))
    return reader(stripped, found[2])


def stored_url(text: str) -> ConnectorUrl | None:
    """Return what a stored URL says, or None where it has a form that this version does not know."""
    try:
        return parse_connector_url(text)
    except InvalidInputError:
        return None


def _plugin(text: str, rest: str) -> ConnectorUrl:
    if rest.startswith("//"):
        name = rest.removeprefix("//").rstrip("/")
        written = f"plugin:{name}" if _PLUGIN_NAME.fullmatch(name) else "plugin:NAME"
        raise _refused(_("has the form of SuperOffice, write %(form)s", form=written))
    if not _PLUGIN_NAME.fullmatch(rest):
        raise _refused(_("names no connector, write plugin: and its name in lower case, such as plugin:workbook"))
    return ConnectorUrl(text, Protocol.PLUGIN, plugin=rest)


def _app(_text: str, _rest: str) -> ConnectorUrl:
    raise _refused(
        _(
            "names an app of SuperOffice Online, which only their sign-on service turns into an address; "
            "register the address of the connector itself"
        )
    )


def _wire(protocol: Protocol, unavailable: Callable[[], str] | None = None) -> Callable[[str, str], ConnectorUrl]:
    def read(text: str, _rest: str) -> ConnectorUrl:
        address = text.partition("+")[2] if protocol is not Protocol.ASKED else text
        parts = _checked_address(address)
        why = unavailable() if unavailable else ""
        return ConnectorUrl(text, protocol, address=address, warning=_warning(parts), unavailable=why)

    return read


def _checked_address(address: str) -> SplitResult:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _refused(_("is no valid web address")) from None  # the cause may quote a password
    faults = []
    if "@" in parts.netloc:
        faults.append(_("holds a user name or password, which belong into the configuration of an ERP link"))
    if not address[len(parts.scheme) :].startswith("://") or not _is_host(host) or port == 0 or "\\" in parts.netloc:
        faults.append(_("names no host"))
    if "#" in address:
        faults.append(_("has a part behind #, which is never sent to a server"))
    if faults:
        raise _refused(*faults)
    return parts


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _HOST.fullmatch(host) is not None and ".." not in host
    return True


def _warning(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if parts.scheme.lower() != "http" or _is_this_machine(host):
        return ""
    return str(_("secrets travel in clear to %(host)s and can be read on the way, use https", host=host))


def _is_this_machine(host: str) -> bool:
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refused(*faults: str) -> InvalidInputError:
    return InvalidInputError({"url": list(faults)})


def _no_soap() -> str:
    return str(_("speaks SOAP, which this version of Tieline does not speak yet; use a connector plugin: plugin:NAME"))


_READERS: dict[str, Callable[[str, str], ConnectorUrl]] = {
    "plugin": _plugin,
    "app": _app,
    "http": _wire(Protocol.ASKED),
    "https": _wire(Protocol.ASKED),
    "soap+http": _wire(Protocol.SOAP, _no_soap),
    "soap+https": _wire(Protocol.SOAP, _no_soap),
    "json+http": _wire(Protocol.JSON),
    "json+https": _wire(Protocol.JSON),
}
