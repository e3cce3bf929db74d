"""When everything of an actor type has to be read again, because more of its data became eligible."""

from enum import StrEnum

from flask_babel import gettext as _

from erp_links.mapping.models import LinkActorType


class FullReadReason(StrEnum):
    """Why a full read is due, as `LinkActorType.full_read_due` stores it."""

    MAPPING = "mapping"
    RETURNED = "returned"
    ACTIVATION = "activation"


def mark_full_read(row: LinkActorType, reason: FullReadReason) -> None:
    """Note that the next pass reads everything. The first pass does so anyway, and an earlier reason stays."""
    if row.watermark is not None and row.full_read_due is None:
        row.full_read_due = reason.value


def full_read_words(stored: str) -> str:
    """Return the stored reason in words."""
    words: dict[str, str] = {
        FullReadReason.MAPPING.value: _("the mapping takes in more data than before"),
        FullReadReason.RETURNED.value: _("fields that had gone from the ERP are back"),
        FullReadReason.ACTIVATION.value: _("the link rested for a while"),
    }
    return words.get(stored, stored)
