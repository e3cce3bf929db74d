"""Ambiguous matches: what a person may choose from, for a record that several others suit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from erp_links.attention.looking import require_in_erp
from erp_links.attention.pairing import pair
from erp_links.links.finding import managed_link
from erp_links.mapping.compiled import CompiledMapping, compile_mapping
from erp_links.mapping.models import LinkActorType
from erp_links.runtime import LinkRuntime
from erp_links.sync.failures import Direction
from erp_links.sync.models import FailedRecord, Pairing, PairingState
from erp_links.sync.pull.pairing import match_of
from erp_links.sync.reasons import FailureReason
from erp_links.sync.views.failed_records import find_failed
from erp_links.sync.views.shown_failures import CANDIDATES
from host.accounts.principal import Principal
from host.audit.doer import Doer
from host.crm.fields import CrmField
from host.crm.matching import find_by
from host.crm.registry import entity_types, fields_of
from host.crm.titles import titles_of
from host.crm.values import CrmValue
from host.errors import ConflictError, InvalidInputError

MOST_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be meant: one of the hub (`entity_id`), or one of the ERP (`erp_key`).

    Attributes:
        paired_with: Key of the ERP's record that it is paired with on this link; empty where it is free.
    """

    title: str
    entity_id: int | None = None
    erp_key: str = ""
    paired_with: str = ""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a person chooses from.

    Attributes:
        entity_type: The hub's entity type.
        matched: The hub's fields that are compared, with the value that they have in common.
    """

    entity_type: str
    rows: Sequence[Candidate] = ()
    matched: Sequence[tuple[CrmField, CrmValue]] = field(default=())


def candidates_of(session: Session, failed: FailedRecord) -> Candidates:
    """Return the records that an ambiguous record may be paired with.

    For one of the ERP these are the hub's records with the same match fields as the present mapping names; for one of
    the hub, the ERP's records that the run found.
    """
    row = session.scalars(
        select(LinkActorType).where(LinkActorType.link_id == failed.link_id, LinkActorType.name == failed.actor_type)
    ).one_or_none()
    if row is None or row.entity_type not in entity_types():
        return Candidates("")
    if failed.direction == Direction.PUSH:
        return Candidates(row.entity_type, _named_by_run(session, failed))
    mapping = compile_mapping(session, row, row.link.erp_time_zone)
    values = _values_of(mapping, failed.payload)
    match = match_of(mapping.match_fields, values)
    fields = fields_of(session, row.entity_type)
    matched = [(fields[key], values.get(key)) for key in mapping.match_fields]
    found = find_by(session, row.entity_type, mapping.match_fields, [match]) if match is not None else {}
    ids = next(iter(found.values()), [])[:MOST_CANDIDATES]
    return Candidates(row.entity_type, _of_hub(session, failed, row.entity_type, ids), matched)


def pair_ambiguous(
    runtime: LinkRuntime,
    principal: Principal,
    failed_id: int,
    doer: Doer,
    *,
    entity_id: int | None = None,
    erp_key: str = "",
) -> Pairing:
    """Pair an ambiguous record with the one that a person chose.

    Where that is a record of the ERP, the ERP is asked for its key first, outside any transaction.

    Args:
        runtime: Reaches the database and the ERP.
        principal: Who asks; a failed record that may not be seen is not there.
        failed_id: The failed record.
        doer: An administrator.
        entity_id: The record of the hub, for a failed record of the ERP.
        erp_key: The key of the ERP's record, for a failed record of the hub.

    Raises:
        NotFoundError: There is no such failed record; it may have been settled meanwhile.
        InvalidInputError: Nothing was chosen, or what was chosen is not there.
        ConflictError: It is not about an ambiguous match, or one of the two is paired already.
        UpstreamError: The ERP does not answer.
    """
    with runtime.database.reading() as session:
        failed = _ambiguous(session, principal, failed_id)
    if failed.direction == Direction.PUSH:
        if not erp_key.strip():
            raise InvalidInputError({"erp_key": [_("choose a record of the ERP")]})
        require_in_erp(runtime, failed.link_id, failed.actor_type, erp_key)
    elif entity_id is None:
        raise InvalidInputError({"entity_id": [_("choose a record of the CRM")]})
    with runtime.database.writing() as session:
        failed = _ambiguous(session, principal, failed_id)
        link = managed_link(session, failed.link_id)
        if failed.direction == Direction.PUSH:
            return pair(session, link, failed.actor_type, erp_key, failed.entity_id or 0, doer)
        return pair(session, link, failed.actor_type, failed.erp_key, entity_id or 0, doer)


def _ambiguous(session: Session, principal: Principal, failed_id: int) -> FailedRecord:
    failed = find_failed(session, principal, failed_id)
    if failed.reason not in {FailureReason.AMBIGUOUS_MATCH, FailureReason.ALREADY_PAIRED}:
        raise ConflictError(_("this record did not fail for an ambiguous match"))
    return failed


def _values_of(mapping: CompiledMapping, payload: dict[str, Any]) -> dict[str, CrmValue]:
    values: dict[str, Any] = {}
    for mapped in mapping.fields:
        if mapped.crm.key in mapping.match_fields and mapped.erp.key in payload:
            try:
                values[mapped.crm.key] = mapped.convert(mapped.stored(payload[mapped.erp.key]))
            except ValueError:
                # the mapping has changed since, and can no longer make a value of it: nothing is compared
                continue
    return values


def _of_hub(session: Session, failed: FailedRecord, entity_type: str, ids: Sequence[int]) -> list[Candidate]:
    titles = titles_of(session, entity_type, ids)
    rows = session.execute(
        select(Pairing.entity_id, Pairing.erp_key).where(
            Pairing.link_id == failed.link_id,
            Pairing.entity_type == entity_type,
            Pairing.entity_id.in_(ids),
            Pairing.actor_type == failed.actor_type,
            Pairing.state != PairingState.TOMBSTONE.value,
        )
    )
    taken = {row.entity_id: row.erp_key for row in rows}
    return [
        Candidate(title=titles[each], entity_id=each, paired_with=taken.get(each, "")) for each in ids if each in titles
    ]


def _named_by_run(session: Session, failed: FailedRecord) -> list[Candidate]:
    told = failed.payload.get(CANDIDATES)
    named = [each for each in told if isinstance(each, dict) and each.get("key")] if isinstance(told, list) else []
    keys = [str(each["key"]) for each in named[:MOST_CANDIDATES]]
    paired = set(
        session.scalars(
            select(Pairing.erp_key).where(
                Pairing.link_id == failed.link_id,
                Pairing.actor_type == failed.actor_type,
                Pairing.erp_key.in_(keys),
                Pairing.state != PairingState.TOMBSTONE.value,
            )
        )
    )
    return [
        Candidate(title=str(each.get("label") or key), erp_key=key, paired_with=key if key in paired else "")
        for key, each in zip(keys, named, strict=False)
    ]
