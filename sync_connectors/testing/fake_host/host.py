"""The fake host."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, TypeVar

from sync_connectors.contract.actors import Actor, ActorReference, ActorType
from sync_connectors.contract.answers import Tested
from sync_connectors.contract.errors import ProtocolError, RateLimitedError, UnavailableError
from sync_connectors.contract.fields import Field
from sync_connectors.contract.services import StateStore
from sync_connectors.contract.values import Value
from sync_connectors.testing.fake_host import pulling, sending, settling
from sync_connectors.testing.fake_host.comparing import Comparison, compare
from sync_connectors.testing.fake_host.dying import Deaths, HostDiedError, Moment
from sync_connectors.testing.fake_host.keeping import Intent, IntentKind, Kept
from sync_connectors.testing.fake_host.linking import ConnectorOrigin, FakeLink
from sync_connectors.testing.fake_host.pulling import Pulled

_Result = TypeVar("_Result")
_MOST_DEATHS = 10_000


class FakeHost:
    """Syncs one link of one connector, in memory.

    The connector runs behind the same guard as in Tieline: every answer is checked, every call has a deadline, and
    what it raises is an error of the contract. Its services are those of Tieline, with these differences: addresses of
    this machine may be called, no setting and no proxy of the environment counts, and the state is kept in memory.

    Attributes:
        kept: What is stored, by actor type; change it to tell another story.
    """

    def __init__(
        self,
        connector: ConnectorOrigin,
        configuration: Mapping[str, Any] | None = None,
        *,
        token: str = "",
        files_root: Path | None = None,
        time_zone: str = "UTC",
        seconds: float = 30.0,
        guid: str = "00000000-0000-4000-8000-000000000001",
    ) -> None:
        """Start a host.

        Args:
            connector: Its class, or whatever makes one: called again after each death, because what a connector keeps
                in its own memory is gone then. Or the name of an installed one, or the URL of one that is served.
            configuration: Values by configuration field key, as text or typed; defaults fill in the rest.
            token: Access token of the server behind a URL.
            files_root: Folder below which the connector may open files; `files` where the test runs unless given.
            time_zone: The link's ERP time zone.
            seconds: Deadline of each call.
            guid: The link's id.

        Raises:
            InvalidInputError: The connector declares fields that do not allow this configuration.
            ConnectorError: There is no such connector, or its server does not answer.
        """
        self.kept: dict[str, Kept] = {}
        self._guid = guid
        self._link = FakeLink(connector, dict(configuration or {}), token, guid, files_root, time_zone, seconds)
        self._deaths = Deaths()

    @property
    def state(self) -> StateStore:
        """The link's durable store."""
        return self._link.state

    def restart(self) -> None:
        """Begin as a new process: a new connector, and nothing but what was kept."""
        self._link.restart()

    def die_at(self, moment: Moment, count: int = 1) -> None:
        """Make the host die when a moment comes for the `count`-th time from now, with `HostDiedError`."""
        self._deaths.plan(moment, count)

    def test(self) -> Tested:
        """Test the configuration as the form of a link does, then the link itself.

        Raises:
            ConnectorError: What the connector raised.
        """
        self._link.test_configuration()
        return self._link.ask(lambda session: session.test())

    def actor_type(self, name: str) -> ActorType:
        """Return an actor type as the connector declares it.

        Raises:
            LookupError: The link offers no such type.
        """
        offered = {one.name: one for one in self._link.ask(lambda session: session.actor_types())}
        if name not in offered:
            raise LookupError(f"the link offers no {name}, only {', '.join(offered) or 'nothing'}")
        return offered[name]

    def fields(self, actor_type: str) -> Sequence[Field]:
        """Return the fields of an actor type."""
        return self._link.ask(lambda session: session.fields(actor_type))

    def kept_of(self, actor_type: str) -> Kept:
        """Return what is kept of an actor type."""
        return self.kept.setdefault(actor_type, Kept())

    def pull(self, actor_type: str, fields: Iterable[str] | None = None, *, tries: int = 1) -> Pulled:
        """Make one pass: from the stored cursor if one is open, else from the watermark.

        Args:
            fields: Keys of the fields that are asked for; all unless given.
            tries: How often to begin or go on where the connector raises `UnavailableError`; at once, for nobody waits.

        Raises:
            ConnectorError: What the connector raised.
            HostDiedError: `die_at` said so.
        """
        keys, pulled = self._keys(actor_type, fields), Pulled()
        for remaining in reversed(range(tries)):
            try:
                self._pull(actor_type, keys, pulled)
            except UnavailableError as error:
                if not remaining:
                    raise
                pulled.waits.append(error.retry_after if isinstance(error, RateLimitedError) else None)
            else:
                break
        return pulled

    def pull_dying_everywhere(self, actor_type: str, fields: Iterable[str] | None = None) -> Pulled:
        """Make one pass while the host dies twice at each page: before it is stored, and behind it.

        A death behind the last page makes the pass begin again, as in Tieline: it was not complete.
        """
        keys, pulled, kept = self._keys(actor_type, fields), Pulled(), self.kept_of(actor_type)
        for moment in islice(cycle((Moment.PAGE_FETCHED, Moment.PAGE_STORED)), _MOST_DEATHS):
            try:
                self._dying_at(moment, lambda: self._pull(actor_type, keys, pulled))
            except HostDiedError:
                if moment is Moment.PAGE_STORED and kept.resume is None:
                    self._pull(actor_type, keys, pulled)
                    return pulled
            else:
                return pulled
        raise ProtocolError(f"{actor_type}: a pass that is resumed again and again does not end")

    def read_deletions(self, actor_type: str) -> set[str]:
        """Take over what the ERP deleted since the last time; return the keys."""
        capabilities, kept = self.actor_type(actor_type).capabilities, self.kept_of(actor_type)
        return self._link.ask(lambda session: set(pulling.read_deletions(session, actor_type, kept, capabilities)))

    def settle(self, actor_type: str) -> None:
        """Find out what became of calls whose answer was lost, as each run begins with."""
        capabilities, fields = self.actor_type(actor_type).capabilities, self.fields(actor_type)
        kept = self.kept_of(actor_type)
        self._link.ask(lambda session: settling.settle(session, actor_type, kept, fields, capabilities))

    def create(
        self,
        actor_type: str,
        entity: str,
        values: Mapping[str, Value],
        *,
        parent: ActorReference | None = None,
        match_fields: Sequence[str] = (),
    ) -> str:
        """Make sure that a record of the host is in the ERP, once; return its key there.

        Args:
            entity: The host's own name of the record, such as `company:7`. The same one is never created twice.
            match_fields: By which the record is looked for when an answer was lost, where no reference is declared.

        Raises:
            UnclearError: It may have been created or not.
            ConnectorError: What the connector raised.
            HostDiedError: `die_at` said so.
        """
        self.settle(actor_type)
        kept = self.kept_of(actor_type)
        if entity in kept.pairings:
            return kept.pairings[entity]
        if entity in kept.intents:
            raise settling.UnclearError(f"whether {entity} was created cannot be found out; declare a reference field")
        reference_field = self.actor_type(actor_type).capabilities.reference_field
        reference = self._reference(actor_type, reference_field, entity) if reference_field else ""
        intent = Intent(IntentKind.CREATE, entity, dict(values), "", reference, parent, tuple(match_fields))
        reach = self._deaths.reach
        return self._link.ask(lambda session: sending.create(session, actor_type, kept, intent, reference_field, reach))

    def create_dying_everywhere(self, actor_type: str, entity: str, values: Mapping[str, Value], **how: Any) -> str:
        """Create a record while the host dies before it is sent, and again before the answer is stored.

        Without a reference field a record that was not sent cannot be told from one that is not found, and stays
        unclear in Tieline too; then the host dies only behind the call.

        Args:
            how: As in `create`.
        """
        has_reference = bool(self.actor_type(actor_type).capabilities.reference_field)
        for moment in (Moment.INTENT_STORED, Moment.SENT) if has_reference else (Moment.SENT,):
            try:
                return self._dying_at(moment, lambda: self.create(actor_type, entity, values, **how))
            except HostDiedError:
                continue
        return self.create(actor_type, entity, values, **how)

    def save(self, actor_type: str, key: str, values: Mapping[str, Value]) -> Actor:
        """Save changed values of a record that was pulled or created; return it as it is now.

        Nothing is sent where the record has the values already, as after an answer that was lost.

        Raises:
            RejectedRecordError: The ERP refused it.
            ConnectorError: What the connector raised.
            HostDiedError: `die_at` said so.
        """
        self.settle(actor_type)
        kept = self.kept_of(actor_type)
        known = kept.records[key].values
        if all(name in known and known[name] == value for name, value in values.items()):
            return kept.records[key]
        intent = Intent(IntentKind.SAVE, f"saved:{key}", dict(values), key)
        reach = self._deaths.reach
        return self._link.ask(lambda session: sending.save(session, actor_type, kept, intent, reach))

    def compare(self, actor_type: str, keys: Collection[str] | None = None) -> Comparison:
        """Compare what is kept with what the ERP has now, as an undisturbed pass over everything finds it.

        Args:
            keys: Keys that the ERP has, where the test knows them: then a record that no pass ever finds is lost too.
        """
        fields, read = self._keys(actor_type, None), Kept()
        self._link.ask(lambda session: pulling.pull(session, actor_type, read, fields, Deaths().reach, Pulled()))
        capabilities = self.actor_type(actor_type).capabilities
        return compare(
            self.kept_of(actor_type),
            read.records,
            read.records.keys() if keys is None else keys,
            reports_deletions=capabilities.deletions,
            reference_field=capabilities.reference_field,
        )

    def _keys(self, actor_type: str, fields: Iterable[str] | None) -> list[str]:
        return [field.key for field in self.fields(actor_type)] if fields is None else list(fields)

    def _pull(self, actor_type: str, fields: Sequence[str], pulled: Pulled) -> None:
        kept, reach = self.kept_of(actor_type), self._deaths.reach
        self._link.ask(lambda session: pulling.pull(session, actor_type, kept, fields, reach, pulled))

    def _dying_at(self, moment: Moment, call: Callable[[], _Result]) -> _Result:
        self.die_at(moment)
        try:
            return call()
        finally:
            self._deaths = Deaths()

    def _reference(self, actor_type: str, reference_field: str, entity: str) -> str:
        """Return our own id for a record: the same at any time, in the form that Tieline gives it."""
        longest = next(field.max_length for field in self.fields(actor_type) if field.key == reference_field)
        text = f"tieline:{self._guid[:8]}:{entity}"
        return text if not longest or len(text) <= longest else text[-longest:]
