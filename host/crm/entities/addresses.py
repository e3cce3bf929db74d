"""The fields of an address with a fixed role."""

from flask_babel import lazy_gettext as _l

from host.crm.fields import CrmField, CrmType


def address(role: str, label: str, *, searchable_city: bool = False) -> tuple[CrmField, ...]:
    """Declare the fields of one address.

    Args:
        role: First part of the keys, such as `postal`.
        label: What the address is called; it stands before the name of each field and heads them on forms.
        searchable_city: Whether free text search finds records by the town of this address.
    """

    def text(part: str, words: str, max_length: int, *, searchable: bool = False) -> CrmField:
        return CrmField(
            f"{role}.{part}", words, CrmType.TEXT, max_length=max_length, searchable=searchable, group=label
        )

    return (
        text("line1", _l("%(address)s, line 1", address=label), 254),
        text("line2", _l("%(address)s, line 2", address=label), 254),
        text("line3", _l("%(address)s, line 3", address=label), 254),
        text("zip", _l("%(address)s, postcode", address=label), 32),
        text("city", _l("%(address)s, town", address=label), 100, searchable=searchable_city),
        text("county", _l("%(address)s, county", address=label), 100),
        text("state", _l("%(address)s, state", address=label), 100),
        CrmField(
            f"{role}.country",
            _l("%(address)s, country", address=label),
            CrmType.LIST,
            list_key="country",
            group=label,
        ),
    )
