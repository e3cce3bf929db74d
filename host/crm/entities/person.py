"""The person: somebody who works at a company, or a private contact."""

from flask_babel import lazy_gettext as _l

from host.crm.entities.addresses import address
from host.crm.entity_type import EntityType
from host.crm.fields import CrmField, CrmType

_GENERAL = _l("General")
_CONTACT = _l("Contact details")

PERSON = EntityType(
    key="person",
    label=_l("Person"),
    plural=_l("Persons"),
    path="persons",
    title_fields=("first_name", "middle_name", "last_name"),
    list_fields=("last_name", "first_name", "company", "position", "phone_direct", "email"),
    requires_one_of=("first_name", "last_name"),
    subtitle_fields=("position", "company"),
    match_fields=("number", "email", "last_name"),
    fields=(
        CrmField("company", _l("Company"), CrmType.REFERENCE, references="company", indexed=True, group=_GENERAL),
        CrmField("salutation", _l("Salutation"), CrmType.LIST, list_key="salutation", group=_GENERAL),
        CrmField("title", _l("Title"), CrmType.TEXT, max_length=100, group=_GENERAL),
        CrmField("first_name", _l("First name"), CrmType.TEXT, max_length=100, searchable=True, group=_GENERAL),
        CrmField("middle_name", _l("Middle name"), CrmType.TEXT, max_length=100, group=_GENERAL),
        CrmField(
            "last_name",
            _l("Last name"),
            CrmType.TEXT,
            max_length=100,
            searchable=True,
            indexed=True,
            group=_GENERAL,
        ),
        CrmField("number", _l("Number"), CrmType.TEXT, max_length=50, searchable=True, indexed=True, group=_GENERAL),
        CrmField("position", _l("Position"), CrmType.LIST, list_key="position", group=_GENERAL),
        CrmField("birth_date", _l("Date of birth"), CrmType.DATE, group=_GENERAL),
        CrmField("description", _l("Description"), CrmType.LONG_TEXT, group=_GENERAL),
        CrmField("phone_direct", _l("Direct phone"), CrmType.TEXT, max_length=100, searchable=True, group=_CONTACT),
        CrmField("phone_mobile", _l("Mobile phone"), CrmType.TEXT, max_length=100, searchable=True, group=_CONTACT),
        CrmField("phone_private", _l("Private phone"), CrmType.TEXT, max_length=100, group=_CONTACT),
        CrmField("phone_other", _l("Other phone"), CrmType.TEXT, max_length=100, group=_CONTACT),
        CrmField("email", _l("E-mail"), CrmType.TEXT, max_length=254, searchable=True, indexed=True, group=_CONTACT),
        CrmField("url", _l("Web site"), CrmType.TEXT, max_length=1023, group=_CONTACT),
        *address("postal", _l("Postal address")),
    ),
)
