"""The two classes that a connector plugin implements."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Self

from sync_connectors.contract.actors import Actor, ActorReference, ActorType
from sync_connectors.contract.answers import Actors, Deletions, Page, Saved, Tested
from sync_connectors.contract.errors import ProtocolError
from sync_connectors.contract.fields import ConfigurationField, Field
from sync_connectors.contract.search import Restriction
from sync_connectors.contract.services import Services
from sync_connectors.contract.values import Value

CONTRACT_VERSION = "0.1"
"""Version of this contract. A connector that declares another one is listed with that reason and not used."""

UNSAVED_LINK = "00000000-0000-0000-0000-000000000000"
"""The GUID of a link that is not saved yet."""

Configuration = Mapping[str, Value]
"""Values by configuration field key, typed by the field; hidden fields are absent, secrets are in clear."""


class LinkSession(ABC):
    """Answers for one ERP link, between `open` and the end of its `with` block.

    Called: all calls of one session come one after the other on one thread of the host's, in a run as well as from a
    page; never inside a database transaction. They may block, and must end within `services.remaining()` seconds: the
    host goes on without a late call, and closes the session when that call ends after all. A `ConnectorError` has the
    effect of its class; any other exception counts as a `ProtocolError`, and so does an answer that breaks the
    contract.

    A subclass implements what is abstract, and of the rest what its capabilities, searchable fields and lists declare.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back what the session holds; called once, also after an error."""

    @abstractmethod
    def test(self) -> Tested:
        """Do a real operation in the ERP (`TestConnection`)."""

    @abstractmethod
    def actor_types(self) -> Sequence[ActorType]:
        """Return the types that this link offers (`GetSupportedActorTypes`)."""

    @abstractmethod
    def fields(self, actor_type: str) -> Sequence[Field]:
        """Return all fields of a type, read-only ones included (`GetSupportedActorTypeFields`)."""

    def searchable_fields(self, actor_type: str) -> Sequence[str]:
        """Return the keys usable in `search_advanced`; empty means it is not offered (`GetSearchableFields`)."""
        return ()

    @abstractmethod
    def get(self, actor_type: str, keys: Sequence[str], fields: Sequence[str]) -> Actors:
        """Return the records with these keys; one that is gone is absent (`GetActors`)."""

    @abstractmethod
    def search(self, actor_type: str, text: str, fields: Sequence[str]) -> Actors:
        """Return records that suit a free text; an empty text suits all (`SearchActors`)."""

    def search_advanced(self, actor_type: str, restrictions: Sequence[Restriction], fields: Sequence[str]) -> Actors:
        """Return records that suit all restrictions (`SearchActorsAdvanced`), where fields are searchable."""
        raise ProtocolError(f"{actor_type}: this connector has no advanced search")

    def search_by_parent(self, actor_type: str, text: str, parent: ActorReference, fields: Sequence[str]) -> Actors:
        """Like `search`, only below one parent (`SearchActorByParent`), where it is declared."""
        raise ProtocolError(f"{actor_type}: this connector does not search by parent")

    def create(self, actor: Actor) -> Actor:
        """Create a record; return it with key, timestamp and what the ERP generated (`CreateActor`).

        Raises:
            RejectedRecordError: The ERP refused the record; nothing was created.
        """
        raise ProtocolError(f"{actor.actor_type}: this connector creates no records")

    def save(self, actors: Sequence[Actor]) -> Saved:
        """Change records; absent fields stay as they are. Return them with new timestamps (`SaveActors`).

        A parent that an actor names is where the record is to lie from now on; without one it stays where it is. A
        connector that cannot move records saves the rest, and returns the parent that the record has.
        """
        raise ProtocolError("this connector saves no records")

    def list_items(self, list_name: str) -> Mapping[str, str]:
        """Return all items of a list, key → display text, in display order (`GetList`); an unknown one has none."""
        return {}

    def list_items_by_key(self, list_name: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Return the named items only; unknown keys are absent (`GetListItems`)."""
        items = self.list_items(list_name)
        return {key: items[key] for key in keys if key in items}

    @abstractmethod
    def changes(
        self, actor_type: str, watermark: str | None, resume: str | None, fields: Sequence[str]
    ) -> Iterator[Page]:
        """Yield what changed on or after the watermark, page by page (`GetActorsByTimestamp`).

        Args:
            watermark: As the connector gave it, or None for everything.
            resume: Cursor of the last page that the host has stored in this pass, or None to begin.
            fields: Keys of the fields that are needed; others may be left out.

        A protocol without paging yields one page. A cursor that has expired raises `ProtocolError`, after which the
        host begins the pass anew.
        """

    def deletions(self, actor_type: str, watermark: str | None, resume: str | None) -> Iterator[Deletions]:
        """Yield the keys of records deleted since the watermark, where `Capabilities.deletions` is declared."""
        raise ProtocolError(f"{actor_type}: this connector reports no deletions")


class Connector(ABC):
    """Answers without a link, and opens sessions on links. One instance serves the whole process.

    Subclasses set the class attributes and are registered through the hook `register_connectors`.

    Called: on threads of the host's, several at a time, never inside a database transaction. Calls may block, and
    must end within `services.remaining()` seconds; those without services within the host's deadline for pages.
    """

    #: Unique name, as in `plugin:<name>`: lower case letters, digits and hyphens.
    name: str
    #: Name for people, such as "Business workbook".
    label: str
    #: Version of the connector; a change of it makes stored proofs of tests worthless.
    version: str
    #: The contract version it was written for; see `CONTRACT_VERSION`.
    contract_version: str

    @abstractmethod
    def configuration_fields(self) -> Sequence[ConfigurationField]:
        """Return the fields that identify and authenticate to one ERP company (`GetConfigData`)."""

    def test_configuration(self, configuration: Configuration, services: Services) -> Tested:
        """Try a configuration without saving it (`TestConfigData`); unless overridden, by the test of a session.

        Raises:
            ConfigurationError: With the offending fields.
            AuthenticationError: The credentials were refused.
            UnavailableError: The ERP could not be reached.
        """
        with self.open(UNSAVED_LINK, configuration, services) as session:
            return session.test()

    def configuration_list(self, list_name: str, configuration: Configuration, services: Services) -> Mapping[str, str]:
        """Return the items of a LIST configuration field (`GetList` with the all-zero GUID), key → display text.

        Args:
            configuration: The values given so far; may be incomplete.
        """
        return {}

    def save_link(self, guid: str, configuration: Configuration, services: Services) -> Tested:
        """Take note of a link's configuration (`SaveConnection`); idempotent. In-process connectors need nothing."""
        return Tested()

    def delete_link(self, guid: str, services: Services) -> None:
        """Clean up after a deleted link (`DeleteConnection`); a failure stops nothing."""

    @abstractmethod
    def open(self, guid: str, configuration: Configuration, services: Services) -> LinkSession:
        """Open a session on a link.

        Args:
            guid: The host's id of the link, `8-4-4-4-12` in lower case.
        """
