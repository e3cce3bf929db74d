"""Why a direction of a field mapping cannot be chosen, in words (spec 2.7)."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from flask_babel import get_locale
from flask_babel import gettext as _

from erp_links.mapping.compatibility import carries_values, conversion, crm_type_name, is_offered, type_name
from host.crm.registry import CrmField, CrmType
from sync_connectors import Access, ActorType, Field, FieldType


@dataclass(frozen=True, slots=True)
class Directions:
    """Why each direction is unavailable; an empty text means that it can be chosen.

    `one_way_to_crm` says why ERP → CRM is possible only together with CRM → ERP.
    """

    to_crm: str = ""
    to_erp: str = ""
    one_way_to_crm: str = ""

    def or_else(self, other: "Directions") -> "Directions":
        """Return these reasons, filled up with the other's where there is none."""
        return Directions(
            self.to_crm or other.to_crm, self.to_erp or other.to_erp, self.one_way_to_crm or other.one_way_to_crm
        )


def erp_side(actor_type: ActorType, field: Field, missing_since: datetime | None) -> Directions:
    """Return what the ERP's declaration rules out."""
    if missing_since is not None:
        return _both(gone_since(missing_since))
    if not carries_values(field.type):
        return _both(_("a field of type %(type)s cannot be synced", type=type_name(field.type)))
    if field.access is Access.READ_ONLY:
        return Directions(to_erp=_("read-only in the ERP"))
    if not can_write(actor_type):
        return Directions(
            to_erp=_("the connector cannot save %(actors)s", actors=actor_type.plural or actor_type.label)
        )
    return Directions()


def crm_side(crm_key: str | None, crm_field: CrmField | None, master: str = "") -> Directions:
    """Return what the chosen CRM field rules out. One that is read-only is so for people, and filled by links.

    Args:
        crm_key: The choice; None if nothing is chosen.
        crm_field: The field, or None if the CRM no longer has it.
        master: Name of another active link that fills this CRM field one-way, or empty.
    """
    if not crm_key:
        return _both(_("choose a CRM field first"))
    if crm_field is None:
        return _both(_("“%(key)s” is no longer in the CRM", key=crm_key))
    if master:
        return Directions(one_way_to_crm=_("“%(link)s” already fills this CRM field one-way", link=master))
    return Directions()


def type_pair(erp_type: FieldType, crm_type: CrmType) -> Directions:
    """Return what the two types rule out."""
    possible = conversion(erp_type, crm_type)
    words = {"erp": type_name(erp_type), "crm": crm_type_name(crm_type)}
    if not is_offered(erp_type, crm_type):
        return _both(_("%(erp)s in the ERP does not go with %(crm)s in the CRM", **words))
    return Directions(
        to_crm="" if possible.to_crm else _("not every %(erp)s of the ERP is a valid %(crm)s", **words),
        to_erp="" if possible.to_erp else _("%(crm)s cannot be turned back into %(erp)s of the ERP", **words),
    )


def directions_of(
    actor_type: ActorType,
    field: Field,
    missing_since: datetime | None,
    crm_key: str | None,
    crm_field: CrmField | None,
    master: str = "",
) -> Directions:
    """Return what rules each direction of one field mapping out, the most telling reason first."""
    erp_reasons = erp_side(actor_type, field, missing_since)
    crm_reasons = crm_side(crm_key, crm_field, master)
    if crm_field is None:
        # without a choice "read-only in the ERP" would hide that one is missing; "gone" must not be hidden
        return erp_reasons if erp_reasons.to_crm else crm_reasons
    return _need_way_back(erp_reasons.or_else(type_pair(field.type, crm_field.type)).or_else(crm_reasons))


def gone_since(moment: datetime) -> str:
    """Return since when the ERP no longer has something, in the reader's language if there is one."""
    return str(_("gone from the ERP since %(day)s", day=format_date(moment, "d MMM y", locale=get_locale() or "en")))


def can_write(actor_type: ActorType) -> bool:
    """Return whether records of this type can be written in the ERP at all."""
    return actor_type.capabilities.save or actor_type.capabilities.create


def _need_way_back(reasons: Directions) -> Directions:
    if reasons.one_way_to_crm and reasons.to_erp:
        return Directions(reasons.to_crm or reasons.one_way_to_crm, reasons.to_erp)
    return reasons


def _both(reason: str) -> Directions:
    return Directions(reason, reason)
