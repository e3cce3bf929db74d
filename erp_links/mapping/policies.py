"""Who wins where both sides changed a field that goes both ways."""

from enum import StrEnum

from flask_babel import gettext as _

from sync_connectors import ActorType


class Policy(StrEnum):
    """What decides about two different changes of one field."""

    PRIORITY = "priority"
    NEWEST = "newest"
    CRM = "crm"
    ERP = "erp"
    ASK = "ask"


def policies_of(actor_type: ActorType) -> tuple[Policy, ...]:
    """Return the policies that may be chosen: times decide only where the connector's compare with the hub's."""
    return tuple(each for each in Policy if each is not Policy.NEWEST or actor_type.capabilities.clock_times)


def policy_fault(actor_type: ActorType, policy: str, *, two_way: bool) -> str:
    """Return why a policy cannot be chosen, or an empty text."""
    if policy == Policy.PRIORITY:
        return ""
    if not two_way:
        return str(_("both sides can change only a field that goes both ways"))
    if policy not in policies_of(actor_type):
        return str(_("the ERP does not tell when a record was changed, so the newest is not known"))
    return ""


def policy_words(policy: str) -> str:
    """Return the words for a policy."""
    words: dict[str, str] = {
        Policy.PRIORITY.value: _("sync priority decides"),
        Policy.NEWEST.value: _("the newest wins"),
        Policy.CRM.value: _("the CRM wins"),
        Policy.ERP.value: _("the ERP wins"),
        Policy.ASK.value: _("ask a person"),
    }
    return words.get(policy, policy)
