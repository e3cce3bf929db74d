"""What came back, in words for the one who reads it now."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import format_date, gettext

from sync_connectors.probing.attempts import Attempt, Outcome, Probe

Details = Mapping[str, Any]


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


def words_of(attempt: Attempt) -> str:
    """Return what became of one call; lower case, no full stop."""
    return _WORDS[attempt.outcome](attempt.details)


def summary(probe: Probe) -> str:
    """Return what all calls together say about a URL."""
    if probe.speaks == "json":
        return _("a connector answers there")
    if probe.speaks == "soap":
        return _("a SOAP service answers there, and this version of Tieline does not speak SOAP yet; use plugin:NAME")
    first, *others = probe.attempts
    if others and first.outcome is Outcome.WRONG_ANSWER:
        return _("neither our JSON descriptor nor a WSDL came back: %(words)s", words=words_of(first))
    return words_of(first)


def _descriptor(details: Details) -> str:
    return _("answered as the connector %(label)s", label=details["label"] or "?")


def _wsdl(_details: Details) -> str:
    return _("answered with the WSDL of a SOAP service, which this version of Tieline does not speak yet")


def _name_not_found(details: Details) -> str:
    return _("the name %(host)s is not known to the name service", host=details["host"])


def _refused(details: Details) -> str:
    return _(
        "%(host)s refuses connections on port %(port)s: nothing listens there, or a firewall forbids it",
        host=details["host"],
        port=details["port"],
    )


def _unreachable(details: Details) -> str:
    return _("no way leads to %(host)s from here", host=details["host"])


def _address_refused(details: Details) -> str:
    told = {"host": details["host"], "addresses": details["addresses"]}
    if not details["setting"]:
        return _("nothing was sent: %(host)s leads to %(addresses)s, which is never called", **told)
    return _(
        "nothing was sent: %(host)s leads to %(addresses)s, which may be called only where %(setting)s names it",
        **told,
        setting=details["setting"],
    )


def _tls(details: Details) -> str:
    if details.get("plain"):
        return _(
            "%(host)s does not speak TLS on port %(port)s; the address of a server without it begins with http://",
            host=details["host"],
            port=details["port"],
        )
    reason = _certificate_fault(details) or details["reason"]
    if "until" not in details:
        return _("no secure connection to %(host)s: %(reason)s", host=details["host"], reason=reason)
    return _(
        "no secure connection to %(host)s: %(reason)s; the certificate of %(subject)s is valid until %(until)s",
        host=details["host"],
        reason=reason,
        subject=details.get("subject") or details["host"],
        until=format_date(datetime.fromisoformat(details["until"]), "long", rebase=False),
    )


def _certificate_fault(details: Details) -> str:
    """Return in words what OpenSSL names by the codes of `X509_V_ERR_…`."""
    return {
        9: _("its certificate is not valid yet"),
        10: _("its certificate has expired"),
        18: _("it signed its certificate itself; TIELINE_OUTBOUND_CA_BUNDLE names the authorities to trust"),
        19: _("its authority is not trusted here; TIELINE_OUTBOUND_CA_BUNDLE names the authorities to trust"),
        20: _("its authority is not known here; TIELINE_OUTBOUND_CA_BUNDLE names the authorities to trust"),
        62: _("its certificate is for another name"),
        64: _("its certificate is for another address"),
    }.get(details.get("code", 0), "")


def _timed_out(details: Details) -> str:
    return _("%(host)s gave no whole answer within %(seconds)s s", host=details["host"], seconds=details["seconds"])


def _proxy(_details: Details) -> str:
    return _("the proxy of the setting TIELINE_OUTBOUND_PROXY does not let it through, or does not answer")


def _broken(details: Details) -> str:
    return _("%(host)s ended the connection without an answer that is HTTP", host=details["host"])


def _status(details: Details) -> str:
    status = " ".join(filter(None, (str(details["status"]), details["phrase"])))
    if details.get("token_sent") is True:
        return _("answered with status %(status)s: it does not accept the access token", status=status)
    if details.get("token_sent") is False:
        return _("answered with status %(status)s: it wants an access token, and none is given", status=status)
    return _("answered with status %(status)s", status=status)


def _redirected(details: Details) -> str:
    if not details["to"]:
        return _("answered with status %(status)s, and no address to go on", status=details["status"])
    return _("sends callers on to %(to)s; if that is right, register that address", to=details["to"])


def _too_large(_details: Details) -> str:
    return _("sends far more than a connector would say of itself")


def _wrong_version(details: Details) -> str:
    return _(
        "speaks version %(version)s of the JSON protocol, this Tieline knows %(known)s",
        version=details["version"],
        known=details["known"],
    )


def _wrong_answer(details: Details) -> str:
    kinds = {
        "html": _("answered with a web page"),
        "xml": _("answered with XML that is no WSDL"),
        "json": _("answered with JSON that is no descriptor of a connector"),
        "empty": _("answered with nothing"),
        "packed": _("sent an answer that cannot be unpacked"),
        "token": _("repeats the access token, which nobody must see; tell whoever runs the server"),
    }
    if details["kind"] == "descriptor":
        return _("answered with a descriptor that cannot be read: %(fault)s", fault=details["fault"])
    if words := kinds.get(details["kind"]):
        return words
    if not details["media_type"]:
        return _("answered with something that no connector says of itself")
    return _("answered with something that no connector says of itself (%(kind)s)", kind=details["media_type"])


_WORDS: dict[Outcome, Callable[[Details], str]] = {
    Outcome.DESCRIPTOR: _descriptor,
    Outcome.WSDL: _wsdl,
    Outcome.NAME_NOT_FOUND: _name_not_found,
    Outcome.REFUSED: _refused,
    Outcome.UNREACHABLE: _unreachable,
    Outcome.ADDRESS_REFUSED: _address_refused,
    Outcome.TLS: _tls,
    Outcome.TIMED_OUT: _timed_out,
    Outcome.PROXY: _proxy,
    Outcome.BROKEN: _broken,
    Outcome.STATUS: _status,
    Outcome.REDIRECTED: _redirected,
    Outcome.TOO_LARGE: _too_large,
    Outcome.WRONG_ANSWER: _wrong_answer,
    Outcome.WRONG_VERSION: _wrong_version,
}
