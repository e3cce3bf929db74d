"""A session on one link of Ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync_connectors import (
    Actor,
    ActorReference,
    Actors,
    ActorType,
    Capabilities,
    Configuration,
    Deletions,
    Field,
    LinkSession,
    Notice,
    NoticeLevel,
    Page,
    ProtocolError,
    Rejection,
    Restriction,
    Saved,
    Services,
    Tested,
)
from tests.emulators.ledger.line import Line
from tests.emulators.ledger.shape import REFERENCE, TABLES
from tests.emulators.ledger.wire import fields_of, sent_of, values_of

_EVERYTHING = 1_000_000


class LedgerSession(LinkSession):
    """Answers from Ledger with the abilities that the configuration gives it."""

    def __init__(self, guid: str, configuration: Configuration, services: Services) -> None:
        self._line = Line(configuration, services, guid)
        self._able = configuration
        self._by = str(configuration.get("Feed") or "version")

    def test(self) -> Tested:
        return Tested(details={"Company": str(self._line.call("about")["name"])})

    def actor_types(self) -> Sequence[ActorType]:
        able = self._able
        capabilities = Capabilities(
            create=True,
            save=True,
            conditional_save=bool(able.get("ConditionalSave")),
            paging=bool(able.get("Paging")),
            reference_field=REFERENCE if able.get("Reference") else "",
            maximum_batch=_whole(able.get("Batch")),
            maximum_parallel_calls=_whole(able.get("Parallel")) or 1,
            deletions=bool(able.get("Deletions")),
            clock_times=bool(able.get("ClockTimes")),
        )
        return [
            ActorType(
                table.name,
                table.label,
                table.plural,
                (table.parent,) if table.parent else (),
                table.entity,
                replace(capabilities, search_by_parent=bool(table.parent)),
            )
            for table in TABLES.values()
        ]

    def fields(self, actor_type: str) -> Sequence[Field]:
        return fields_of(actor_type, reference=bool(self._able.get("Reference")))

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        reference = bool(self._able.get("Reference"))
        return [key for key in TABLES[actor_type].searchable if reference or key != REFERENCE]

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        return self._actors(actor_type, self._line.call("get", actor_type, keys=list(keys), columns=list(fields)))

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        return self._search(actor_type, fields, text=text)

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        where = [
            {
                "column": one.field,
                "operator": one.operator.value,
                "values": list(sent_of(dict(enumerate(one.values))).values()),  # type: ignore[arg-type]  # places for names
            }
            for one in restrictions
        ]
        return self._search(actor_type, fields, where=where)

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        return self._search(actor_type, fields, text=text, parent=parent.key)

    def create(self, actor: Actor) -> Actor:
        parent = actor.parent.key if actor.parent else None
        told = self._line.call("create", actor.actor_type, values=sent_of(actor.values), parent=parent)
        return self._actor(actor.actor_type, told["record"])

    def save(self, actors: Sequence[Actor]) -> Saved:
        actor_type = actors[0].actor_type
        conditional = bool(self._able.get("ConditionalSave"))
        records = [
            {
                "key": actor.key,
                "values": sent_of(actor.values),
                "version": actor.timestamp if conditional and actor.timestamp else None,
                "parent": actor.parent.key if actor.parent else None,
            }
            for actor in actors
        ]
        results = self._line.call("save", actor_type, records=records)["results"]
        return Saved(
            tuple(self._actor(actor_type, one["record"]) for one in results if "record" in one),
            tuple(
                Rejection(one["key"], one["refused"], field=one["column"], stale=one["stale"])
                for one in results
                if "refused" in one
            ),
        )

    def list_items(self, list_name: str) -> Mapping[str, str]:
        items: dict[str, str] = self._line.call("list", name=list_name)["items"]
        return items

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        return {key: text for key, text in self.list_items(list_name).items() if key in keys}

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        if self._able.get("Paging"):
            yield from self._pages(actor_type, watermark, resume, fields)
            return
        pages = list(self._pages(actor_type, watermark, None, fields))
        actors = {actor.key: actor for page in pages for actor in page.actors}
        rejections = {one.key: one for page in pages for one in page.rejections if one.key not in actors}
        notices = tuple(notice for page in pages for notice in page.notices)
        yield Page(
            tuple(actors.values()),
            watermark=pages[-1].watermark,
            notices=notices,
            rejections=tuple(rejections.values()),
        )

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        told = self._line.call("deletions", actor_type, since=watermark, by=self._by)
        yield Deletions(tuple(told["keys"]), watermark=told["mark"])

    def _pages(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        since = self._since(watermark)
        cursor = resume
        seen = set()
        while True:
            told = self._changes(actor_type, since, cursor, fields)
            if self._by == "clock" and since is not None and told["now"] and told["now"] < since:
                # the ERP's clock went back, and what changes now stands before the watermark: begin from the start
                since = cursor = None
                continue
            records = _once(told["records"])
            warning = told.get("warning", "")
            cursor = told.get("cursor")
            yield Page(
                tuple(self._actor(actor_type, one) for one in records if "values" in one),
                cursor,
                None if warning else told["mark"],
                told.get("total"),
                (Notice(NoticeLevel.WARNING, warning),) if warning else (),
                tuple(Rejection(one["key"], one["unreadable"]) for one in records if "unreadable" in one),
            )
            if cursor is None:
                return
            if cursor in seen:
                raise ProtocolError("Ledger gives the same cursor again and again")
            seen.add(cursor)

    def _changes(self, actor_type: str, since: str | None, cursor: str | None, fields: Sequence[str]) -> dict[str, Any]:
        return self._line.call(
            "changes",
            actor_type,
            since=since,
            cursor=cursor,
            columns=list(fields),
            by=self._by,
            size=_whole(self._able.get("PageSize")) or _EVERYTHING,
            inclusive=bool(self._able.get("Inclusive")),
        )

    def _since(self, watermark: str | None) -> str | None:
        """Return from where to read: a little before the watermark, for what was committed late."""
        overlap = _whole(self._able.get("Overlap"))
        if watermark is None or not overlap:
            return watermark
        if self._by == "clock":
            return (datetime.fromisoformat(watermark) - timedelta(seconds=overlap)).isoformat(timespec="microseconds")
        return f"{max(0, int(watermark) - overlap):012d}"

    def _search(self, actor_type: str, fields: Sequence[str], **asked: Any) -> Actors:
        told = self._line.call(
            "search", actor_type, **{"text": "", "where": [], "parent": None, "columns": list(fields), **asked}
        )
        return self._actors(actor_type, told)

    def _actors(self, actor_type: str, told: Mapping[str, Any]) -> Actors:
        warning = told.get("warning", "")
        return Actors(
            tuple(self._actor(actor_type, one) for one in _once(told["records"]) if "values" in one),
            (Notice(NoticeLevel.WARNING, warning),) if warning else (),
        )

    def _actor(self, actor_type: str, told: Mapping[str, Any]) -> Actor:
        parent = TABLES[actor_type].parent
        return Actor(
            actor_type,
            told["key"],
            values_of(actor_type, told["values"]),
            told["version"],
            ActorReference(parent, told["parent"]) if parent and told["parent"] else None,
            datetime.fromisoformat(told["changed"]) if self._able.get("ClockTimes") else None,
        )


def _once(records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return each record once, the newest of those that come several times."""
    kept: dict[str, Mapping[str, Any]] = {}
    for one in records:
        present = kept.get(one["key"])
        if present is None or int(one.get("version", 0)) >= int(present.get("version", 0)):
            kept[one["key"]] = one
    return list(kept.values())


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
