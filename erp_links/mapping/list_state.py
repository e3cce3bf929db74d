"""Noticing that lists, or the tables between them, are no longer what they were when the last run began."""

from erp_links.mapping.compiled import CompiledMapping
from erp_links.mapping.full_read import FullReadReason, mark_full_push, mark_full_read
from erp_links.mapping.models import LinkActorType


def note_lists(row: LinkActorType, mapping: CompiledMapping) -> None:
    """Compare the lists with those of the last run, note a full read or push where they differ, and keep them.

    A list is changed by many: administrators of the hub, imports, the ERP, the link's tables. Whoever it was, the next
    run notices; nobody has to tell. Lists that no field used before do not count: their fields are new.

    Args:
        row: The actor type, in a writing session.
        mapping: Its compiled mapping. Where an ERP's list was not read for it, what goes to that list is not compared.
    """
    before, now = row.list_state, mapping.list_state
    changed = {key for key, digest in now.items() if before.get(key, digest) != digest}
    if any(key.startswith("to_crm ") for key in changed):
        mark_full_read(row, FullReadReason.LISTS)
    if any(key.startswith("to_erp ") for key in changed):
        mark_full_push(row, FullReadReason.LISTS)
    if changed or not now.keys() <= before.keys():
        row.list_state = {**before, **now}
