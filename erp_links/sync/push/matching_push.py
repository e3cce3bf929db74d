"""What becomes of records that are not paired, on the way to the ERP: skipped, paired, created, or left to a person."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from erp_links.mapping.models import Unpaired
from erp_links.sync.merge.translating import label_of
from erp_links.sync.models import PairingState
from erp_links.sync.pairings import PairingGlance, glance
from erp_links.sync.pull.pairing import Match, match_keys
from erp_links.sync.push.batches import read_pairings_of
from erp_links.sync.push.cases import Case
from erp_links.sync.push.interleaving import Ask, Steps
from erp_links.sync.push.looking_up import MatchLookUp
from erp_links.sync.push.push_scene import PushScene, answered
from erp_links.sync.push.push_types import PushType
from erp_links.sync.reasons import FailureReason
from host.crm.matching import find_by
from sync_connectors import Actor


def sort_unpaired(scene: PushScene, push_type: PushType, cases: Sequence[Case]) -> Steps:
    """Look for the actors of records that are not paired.

    Returns:
        The cases that are to be paired, each with its actor, and those that are to be created; all others are decided.
    """
    wanted = [case for case in cases if _goes_on(case)]
    look_up = MatchLookUp(push_type)
    matches = {case.entity_id: look_up.match(case) for case in wanted}
    asked = [case for case in wanted if matches[case.entity_id] is not None]
    found = yield from _search(scene, look_up, asked)
    with scene.run.database.reading() as session:
        known = _Known(session, scene.run.permit.link_id, push_type, found, matches)
    paired, created = [], []
    for case in wanted:
        if case.outcome:
            continue
        actors = found.get(case.entity_id, [])
        if _is_refused(case, actors, known) or _is_taken(case, actors, known):
            continue
        if actors:
            case.actor, case.new = actors[0], "paired"
            paired.append(case)
        elif push_type.mapping.unpaired_push is Unpaired.CREATE and push_type.capabilities.create:
            created.append(case)
        else:
            case.end("erp_skipped")
    return paired, created


def _goes_on(case: Case) -> bool:
    """Whether a record is looked for in the ERP at all."""
    push_type = case.type
    is_ignored = push_type.mapping.unpaired_push is Unpaired.IGNORE
    is_other = bool(case.others) and not push_type.capabilities.several_actors_per_entity
    # what is gone or was disconnected is never made again by a policy
    if is_ignored or is_other or case.pairing is not None or case.is_unclear:
        case.end("erp_skipped")
        return False
    if case.intent is not None:
        # the look for what an earlier call has made found out nothing yet, and until it does nothing is made again
        case.wait()
        return False
    if case.waits:
        case.fail(
            FailureReason.WAITING_FOR_PARENT,
            _("the record that it belongs to is not paired on this link yet"),
            _("pair the parent; this record then follows by itself"),
            parent=(push_type.mapping.actor_type.parents[0], ""),
        )
        return False
    return True


def _search(scene: PushScene, look_up: MatchLookUp, cases: Sequence[Case]) -> Steps:
    """Return the actors that suit each case, by id of its record."""
    found: dict[int, list[Actor]] = {}
    calls = [(case, call) for case in cases if (call := look_up.call(case)) is not None]
    for start in range(0, len(calls), scene.side_by_side):
        part = calls[start : start + scene.side_by_side]
        results = yield Ask([call for _case, call in part])
        for (case, _call), result in zip(part, results, strict=True):
            answer = answered(result)
            if not scene.run.warnings.concludes(answer.notices, has_records=bool(answer.actors)):
                case.wait()
                continue
            found[case.entity_id] = look_up.suiting(case, answer)
    return found


class _Known:
    """What the hub and the link know of the records and actors of a batch.

    Attributes:
        alike: How many records of the hub that are not paired have the same match values, by id of a record.
        glances: Pairings of the actors found, by key.
    """

    def __init__(
        self,
        session: Session,
        link_id: int,
        push_type: PushType,
        found: Mapping[int, Sequence[Actor]],
        matches: Mapping[int, Match | None],
    ) -> None:
        mapping = push_type.mapping
        keys = {actor.key for actors in found.values() for actor in actors}
        self.glances: Mapping[str, PairingGlance] = (
            glance(session, link_id, push_type.name, sorted(keys)) if keys else {}
        )
        self.alike: dict[int, int] = {}
        tuples = {match for match in matches.values() if match is not None}
        if not tuples:
            return
        same = find_by(session, mapping.entity.key, match_keys(mapping), tuples)
        others = {entity_id for ids in same.values() if len(ids) > 1 for entity_id in ids}
        paired = read_pairings_of(session, link_id, mapping.entity.key, others)
        for entity_id, match in matches.items():
            ids = same.get(match, []) if match is not None else []
            unpaired = [each for each in ids if each == entity_id or push_type.name not in paired.get(each, {})]
            self.alike[entity_id] = len(unpaired)


def _is_refused(case: Case, actors: Sequence[Actor], known: _Known) -> bool:
    """Leave a case to a person in which more than one record matches, and return whether it was."""
    alike = known.alike.get(case.entity_id, 1)
    mapping = case.type.mapping
    is_created = mapping.unpaired_push is Unpaired.CREATE
    if len(actors) < 2 and (alike < 2 or not (actors or is_created)):
        return False
    fields = ", ".join(
        str(mapping.entity.by_key[key].label) for key in mapping.match_fields if key in mapping.entity.by_key
    )
    if len(actors) > 1:
        message = _("%(count)s records of the ERP have the same %(fields)s", count=len(actors), fields=fields)
    else:
        message = _("%(count)s records of the CRM have the same %(fields)s", count=alike, fields=fields)
    case.fail(
        FailureReason.AMBIGUOUS_MATCH,
        message,
        _("choose the right one, make them differ, or choose other match fields in the mapping"),
        payload=_candidates(case, actors),
    )
    return True


def _candidates(case: Case, actors: Sequence[Actor]) -> dict[str, Any]:
    titles = case.type.mapping.entity.title_fields
    translate = case.type.translator.translate
    return {
        "candidates": [
            {"key": actor.key, "label": label_of(translate(actor, b"").hub, titles, actor.key)} for actor in actors
        ]
    }


def _is_taken(case: Case, actors: Sequence[Actor], known: _Known) -> bool:
    """Decide a case whose actor is paired with another record, or was and is to stay alone; return whether it was."""
    pairing = known.glances.get(actors[0].key) if actors else None
    if pairing is None:
        return False
    if pairing.state == PairingState.TOMBSTONE:
        case.end("erp_skipped")
        return True
    case.fail(
        FailureReason.ALREADY_PAIRED,
        _("the matching record %(key)s of the ERP is paired with another record", key=actors[0].key),
        _("find out which of the two is right, and make their match fields differ"),
    )
    return True
