"""Why a side won, and why a record failed: codes in the database, words for people."""

from enum import StrEnum

from flask_babel import gettext as _


class WinReason(StrEnum):
    """Why a value was written over another."""

    ONLY_ERP_CHANGED = "only_erp_changed"
    ONLY_CRM_CHANGED = "only_crm_changed"
    ONE_WAY = "one_way"
    ONE_WAY_TO_ERP = "one_way_to_erp"
    FIRST_TIME = "first_time"
    FIRST_TIME_CRM = "first_time_crm"
    ERP_RANKS_HIGHER = "erp_ranks_higher"
    CRM_RANKS_HIGHER = "crm_ranks_higher"
    ERP_NEWER = "erp_newer"
    CRM_NEWER = "crm_newer"
    ERP_ALWAYS = "erp_always"
    CRM_ALWAYS = "crm_always"
    ROW_MERGED = "row_merged"
    CHOSEN = "chosen"
    RESYNC = "resync"
    PARENT_CHANGED = "parent_changed"
    REVERTED = "reverted"
    CHANGED_SINCE = "changed_since"
    NO_LONGER_POSSIBLE = "no_longer_possible"


class FailureReason(StrEnum):
    """Why a record could not be settled."""

    UNREADABLE = "unreadable"
    VALUE_REFUSED = "value_refused"
    REQUIRED_MISSING = "required_missing"
    AMBIGUOUS_MATCH = "ambiguous_match"
    ALREADY_PAIRED = "already_paired"
    WAITING_FOR_PARENT = "waiting_for_parent"
    ASKED = "asked"
    REJECTED = "rejected"


WAITING = (FailureReason.WAITING_FOR_PARENT, FailureReason.ASKED)
"""Reasons that are no failures: such a record only waits, and nobody has to do anything."""


def win_words(code: str) -> str:
    """Return a stored `WinReason` in words."""
    words: dict[str, str] = {
        WinReason.ONLY_ERP_CHANGED.value: _("only the ERP changed"),
        WinReason.ONLY_CRM_CHANGED.value: _("only the CRM changed"),
        WinReason.ONE_WAY.value: _("this field follows the ERP"),
        WinReason.ONE_WAY_TO_ERP.value: _("this field follows the CRM"),
        WinReason.FIRST_TIME.value: _("synced for the first time; the ERP fills the CRM"),
        WinReason.FIRST_TIME_CRM.value: _("synced for the first time; the CRM fills the ERP"),
        WinReason.ERP_RANKS_HIGHER.value: _("both changed; the ERP ranks higher"),
        WinReason.CRM_RANKS_HIGHER.value: _("both changed; where the CRM's value came from ranks higher"),
        WinReason.ERP_NEWER.value: _("both changed; the ERP's value is newer"),
        WinReason.CRM_NEWER.value: _("both changed; the CRM's value is newer"),
        WinReason.ERP_ALWAYS.value: _("both changed; for this field the ERP always wins"),
        WinReason.CRM_ALWAYS.value: _("both changed; for this field the CRM always wins"),
        WinReason.ROW_MERGED.value: _("rows of both sides were brought together"),
        WinReason.CHOSEN.value: _("both changed; a person chose this side"),
        WinReason.RESYNC.value: _("a resync let this side win everywhere"),
        WinReason.PARENT_CHANGED.value: _("the ERP moved the record"),
        WinReason.REVERTED.value: _("a person took back what the run wrote"),
        WinReason.CHANGED_SINCE.value: _("changed since the run, so it was not reverted"),
        WinReason.NO_LONGER_POSSIBLE.value: _(
            "not reverted: the record, the field or what the old value named is gone"
        ),
    }
    return words.get(code, code)


def failure_words(code: str) -> str:
    """Return a stored `FailureReason` in words."""
    words: dict[str, str] = {
        FailureReason.UNREADABLE.value: _("cannot be read from the ERP"),
        FailureReason.VALUE_REFUSED.value: _("a value does not fit the CRM"),
        FailureReason.REQUIRED_MISSING.value: _("a required field is empty"),
        FailureReason.AMBIGUOUS_MATCH.value: _("ambiguous match"),
        FailureReason.ALREADY_PAIRED.value: _("match is already paired"),
        FailureReason.WAITING_FOR_PARENT.value: _("waits for its parent"),
        FailureReason.ASKED.value: _("is read again with the next run"),
        FailureReason.REJECTED.value: _("refused by the ERP"),
    }
    return words.get(code, code)
