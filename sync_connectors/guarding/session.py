"""The guard around a session on a link."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from sync_connectors.contract.actors import Actor, ActorReference, ActorType
from sync_connectors.contract.answers import Actors, Deletions, Notice, NoticeLevel, Page, Saved, Tested
from sync_connectors.contract.connector import LinkSession
from sync_connectors.contract.errors import ConnectorError
from sync_connectors.contract.fields import Field
from sync_connectors.contract.search import Restriction
from sync_connectors.contract.services import Services
from sync_connectors.guarding.actors import ActorCheck, broken
from sync_connectors.guarding.answers import (
    check_answer,
    check_cursor,
    check_items,
    check_keys,
    check_notices,
    check_rejections,
    check_tested,
)
from sync_connectors.guarding.calls import CallPool, CallWorker
from sync_connectors.guarding.declarations import check_actor_types, check_fields
from sync_connectors.guarding.halting import HaltedError
from sync_connectors.guarding.translation import guarded
from sync_connectors.guarding.watching import END_OF_STREAM, watched
from sync_connectors.services import begin_call

_logger = logging.getLogger(__name__)
_Result = TypeVar("_Result")
_WRITES = frozenset({"create", "save"})

UNDECLARED = "is not declared by the connector and is left out"
"""How the notice ends by which the guard tells of a value whose field nobody declared."""


class GuardedSession(LinkSession):
    """A session whose every answer is checked, on a thread of its own, within the deadline of its services.

    All calls run on one thread, so that a connector may keep what belongs to a thread. After a call that did not end
    in time the session is of no more use: each further call raises `UnavailableError`, and the connector's session
    is closed when the late call ends.
    """

    def __init__(
        self, session: LinkSession, pool: CallPool, worker: CallWorker, services: Services, *, is_deep: bool = True
    ) -> None:
        self._session = session
        self._pool = pool
        self._worker = worker
        self._services = services
        self._owner = pool.owner
        self._checks: dict[str, ActorCheck] = {}
        self._told: set[tuple[str, str]] = set()
        self._closed = False
        self._is_deep = is_deep
        worker.when_late = session.close

    @property
    def is_lost(self) -> bool:
        """Whether a call did not end in time, after which the session is of no more use."""
        return self._worker.lost

    def declare(self, fields: Mapping[str, Sequence[Field]]) -> None:
        """Take over fields by actor type that are known already, to spare the question for them."""
        for actor_type, declared in fields.items():
            self._checks[actor_type] = ActorCheck(self._owner, actor_type, declared, is_deep=self._is_deep)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if not self._worker.lost:
                self._call("close", self._session.close)
        except (ConnectorError, HaltedError):
            _logger.warning("%s: closing a session failed", self._owner)
        finally:
            self._worker.when_late = None if not self._worker.lost else self._worker.when_late
            self._pool.give_back(self._worker)

    def test(self) -> Tested:
        return self._call("test", lambda: check_tested(self._owner, self._session.test()))

    def actor_types(self) -> Sequence[ActorType]:
        return self._call("actor_types", self._known_types)

    def fields(self, actor_type: str) -> Sequence[Field]:
        ask = partial(self._session.fields, actor_type)
        fields = self._call("fields", lambda: check_fields(self._owner, actor_type, ask()), actor_type=actor_type)
        self.declare({actor_type: fields})
        return fields

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        return self._call(
            "searchable_fields",
            lambda: check_keys(self._owner, "searchable_fields", self._session.searchable_fields(actor_type)),
            actor_type=actor_type,
        )

    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        ask = partial(self._session.get, actor_type, keys, fields)
        return self._actors("get", actor_type, ask, keys, keys=keys, fields=fields)

    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        search = partial(self._session.search, actor_type, text, fields)
        return self._actors("search", actor_type, search, text=text, fields=fields)

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        search = partial(self._session.search_advanced, actor_type, restrictions, fields)
        return self._actors("search_advanced", actor_type, search, restrictions=restrictions, fields=fields)

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        search = partial(self._session.search_by_parent, actor_type, text, parent, fields)
        return self._actors("search_by_parent", actor_type, search, text=text, parent=parent, fields=fields)

    def create(self, actor: Actor) -> Actor:
        check = self._check_of(actor.actor_type)
        return self._call("create", lambda: check.one(self._session.create(actor)), actor=actor)

    def save(self, actors: Sequence[Actor]) -> Saved:
        keys = [actor.key for actor in actors]
        checks = {name: self._check_of(name) for name in {actor.actor_type for actor in actors}}

        def save() -> Saved:
            saved = check_answer(self._owner, self._session.save(actors), Saved)
            if len(checks) == 1:
                (check,) = checks.values()
                kept = check.all(saved.actors, keys)
            else:
                kept = tuple(self._one_of(checks, actor) for actor in saved.actors)
            rejections = check_rejections(self._owner, saved.rejections, keys)
            if {actor.key for actor in kept} & {rejection.key for rejection in rejections}:
                raise broken(self._owner, "it both saved and rejected a record")
            return Saved(kept, rejections, check_notices(self._owner, saved.notices))

        return self._call("save", save, actors=actors)

    def list_items(self, list_name: str) -> Mapping[str, str]:
        ask = partial(self._session.list_items, list_name)
        return self._call("list_items", lambda: check_items(self._owner, list_name, ask()), list_name=list_name)

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        ask = partial(self._session.list_items_by_key, list_name, keys)
        items = self._call(
            "list_items_by_key", lambda: check_items(self._owner, list_name, ask()), list_name=list_name, keys=keys
        )
        return {key: text for key, text in items.items() if key in set(keys)}

    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        check = self._check_of(actor_type)
        start = partial(self._session.changes, actor_type, watermark, resume, fields)
        arguments = {"actor_type": actor_type, "watermark": watermark, "resume": resume, "fields": fields}
        return self._pages("changes", start, lambda page: self._page(check, page), arguments)

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        start = partial(self._session.deletions, actor_type, watermark, resume)
        arguments = {"actor_type": actor_type, "watermark": watermark, "resume": resume}
        return self._pages("deletions", start, self._deleted, arguments)

    def _call(self, name: str, function: Callable[[], _Result], /, **arguments: Any) -> _Result:
        return watched(self._services, name, arguments, lambda: self._ask(name, function))

    def _ask(self, name: str, function: Callable[[], _Result]) -> _Result:
        seconds = begin_call(self._services)
        return self._worker.call(guarded(self._owner, name, function), seconds, writes=name in _WRITES)

    def _check_of(self, actor_type: str) -> ActorCheck:
        if actor_type not in self._checks:
            self.fields(actor_type)
        return self._checks[actor_type]

    def _actors(
        self,
        name: str,
        actor_type: str,
        ask: Callable[[], Any],
        expected: Sequence[str] | None = None,
        /,
        **arguments: Any,
    ) -> Actors:
        check = self._check_of(actor_type)

        def checked() -> Actors:
            answer = check_answer(self._owner, ask(), Actors)
            notices = check_notices(self._owner, answer.notices)
            actors = check.all(answer.actors, expected)
            return Actors(actors, notices + self._notices(actor_type, check))

        return self._call(name, checked, actor_type=actor_type, **arguments)

    def _known_types(self) -> Sequence[ActorType]:
        types, dropped = check_actor_types(self._owner, self._session.actor_types())
        for name in dropped:
            _logger.warning("%s: the actor type %.60s is not known and is left out", self._owner, name)
        return types

    def _pages(
        self, name: str, start: Callable[[], Any], check: Callable[[Any], _Result], arguments: Mapping[str, Any]
    ) -> Iterator[_Result]:
        stream: Any = watched(
            self._services, name, arguments, lambda: self._ask(name, lambda: iter(start())), page=1, only_errors=True
        )
        following = partial(self._ask, name, partial(_checked_next, stream, check))
        seen = {arguments["resume"]} - {None}
        number = 1
        try:
            while (page := watched(self._services, name, arguments, following, page=number)) is not END_OF_STREAM:
                number += 1
                cursor = page.resume
                if cursor is not None and cursor in seen:
                    raise broken(self._owner, f"{name}: it gives the same resume cursor twice and would never end")
                seen.add(cursor)
                yield page
        finally:
            if not self._worker.lost and not self._closed and hasattr(stream, "close"):
                try:
                    self._ask(name, stream.close)
                except ConnectorError:
                    _logger.warning("%s: ending %s failed", self._owner, name)

    def _page(self, check: ActorCheck, page: Any) -> Page:
        check_answer(self._owner, page, Page)
        total: Any = page.total
        if total is not None and (type(total) is not int or total < 0):
            raise broken(self._owner, "the total of a page is no number of records")
        actors = check.all(page.actors)
        rejections = check_rejections(self._owner, page.rejections)
        if {actor.key for actor in actors} & {rejection.key for rejection in rejections}:
            raise broken(self._owner, "a page holds a record and rejects it")
        return Page(
            actors,
            check_cursor(self._owner, "resume cursor", page.resume),
            check_cursor(self._owner, "watermark", page.watermark),
            total,
            check_notices(self._owner, page.notices) + self._notices(actors[0].actor_type if actors else "", check),
            rejections,
        )

    def _deleted(self, page: Any) -> Deletions:
        check_answer(self._owner, page, Deletions)
        return Deletions(
            check_keys(self._owner, "deletions", page.keys),
            check_cursor(self._owner, "resume cursor", page.resume),
            check_cursor(self._owner, "watermark", page.watermark),
        )

    def _one_of(self, checks: Mapping[str, ActorCheck], actor: Any) -> Actor:
        check = checks.get(getattr(actor, "actor_type", ""))
        if check is None:
            raise broken(self._owner, "it answers a record that was not sent")
        return check.one(actor)

    def _notices(self, actor_type: str, check: ActorCheck) -> tuple[Notice, ...]:
        """Tell once per session of each value that no field declares."""
        new = {(actor_type, key) for key in check.undeclared} - self._told
        self._told |= new
        return tuple(Notice(NoticeLevel.WARNING, f"{name}: the field {key} {UNDECLARED}") for name, key in sorted(new))


def _checked_next(stream: Iterator[Any], check: Callable[[Any], Any]) -> Any:
    page = next(stream, END_OF_STREAM)
    return page if page is END_OF_STREAM else check(page)
