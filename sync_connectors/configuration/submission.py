"""What an administrator submitted, checked against what the connector declares and what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from marshmallow import ValidationError

from host.errors import InvalidInputError
from host.schemas import flattened
from sync_connectors.configuration.conditions import is_shown
from sync_connectors.configuration.conversion import text_of
from sync_connectors.configuration.defaults import defaults_of
from sync_connectors.configuration.masking import MASK
from sync_connectors.configuration.schema import configuration_schema
from sync_connectors.configuration.stored import VALUELESS, StoredConfiguration, typed_configuration
from sync_connectors.contract.connector import Configuration
from sync_connectors.contract.fields import ConfigurationField


@dataclass(frozen=True, slots=True)
class SubmittedConfiguration:
    """A configuration without a fault.

    Attributes:
        typed: What the connector takes: typed, secrets in clear, hidden fields absent.
        stored: What is kept when it is saved.
        changed_keys: Keys of the fields whose value differs from what was stored.
    """

    typed: Configuration = field(repr=False)
    stored: StoredConfiguration
    changed_keys: frozenset[str]

    @property
    def plain(self) -> Mapping[str, str]:
        """The values that may be shown, in canonical text."""
        return self.stored.plain

    @property
    def secrets(self) -> Mapping[str, str]:
        """The secrets in clear, to be stored encrypted in place of all earlier ones."""
        return self.stored.secrets

    def canonical(self) -> bytes:
        """Return one form for equal values, secrets in clear: what the proof of a test covers."""
        return self.stored.canonical()


def read_submission(
    fields: Sequence[ConfigurationField],
    stored: StoredConfiguration | None,
    raw: Mapping[str, Any],
    *,
    secrets_void: bool = False,
    tags: Mapping[str, str] | None = None,
) -> SubmittedConfiguration:
    """Check what was submitted, all fields at once.

    An absent value stays as it is stored, or takes its default in a new configuration. A secret that is absent or
    equals `MASK` is unchanged, an empty one is cleared, any other is new. A stored secret is not sent anywhere new:
    when an address field differs, or `secrets_void` is given, it has to be typed again.

    Args:
        fields: What the connector declares.
        stored: What is stored, or None for a new link.
        raw: Values by field key, as text or as JSON values.
        secrets_void: The connector or its URL is another one than the stored secrets were given for.
        tags: What the tags in defaults stand for, see `defaults_of`.

    Raises:
        InvalidInputError: Every fault of every field, in words, by field key; unknown keys are among them.
    """
    if not isinstance(raw, Mapping):
        raise InvalidInputError({"": [_("is no object with a value for each field")]})
    reading = _Reading(fields, stored, secrets_void)
    reading.take(raw, defaults_of(fields, tags or {}) if stored is None else {})
    return reading.result()


class _Reading:
    def __init__(
        self, fields: Sequence[ConfigurationField], stored: StoredConfiguration | None, secrets_void: bool
    ) -> None:
        self._fields = [one for one in fields if one.type not in VALUELESS]
        self._declared = fields
        self._stored = stored or StoredConfiguration({})
        self._secrets_void = secrets_void and stored is not None
        self._texts: dict[str, str] = {}
        self._unchanged_secrets: set[str] = set()
        self._faults: dict[str, list[str]] = {}

    def take(self, raw: Mapping[str, Any], defaults: Mapping[str, str]) -> None:
        secret = {one.key for one in self._fields if one.is_secret}
        given = {key: value for key, value in raw.items() if not (key in secret and value == MASK)}
        self._unchanged_secrets = secret - given.keys()
        # what is not given is checked as well: the connector may have changed its mind since it was stored
        complete = {one.key: self._before(one) or defaults.get(one.key, "") for one in self._fields} | given
        try:
            values: Any = configuration_schema(self._declared)().load(complete)
        except ValidationError as error:
            self._faults = flattened(error.messages)
            values = error.valid_data or {}
        by_attribute = {f"value_{number}": one.key for number, one in enumerate(self._declared)}
        self._texts = dict.fromkeys((one.key for one in self._fields), "")
        self._texts |= {by_attribute[name]: text_of(value) for name, value in values.items()}

    def result(self) -> SubmittedConfiguration:
        shown = self._shown()
        after = {one.key: self._texts[one.key] for one in shown}
        hidden = {one.key for one in self._fields} - after.keys()
        faults = {key: texts for key, texts in self._faults.items() if key not in hidden}
        moved = self._secrets_void or (
            self._was_stored()
            and any(one.address and after.get(one.key, "") != self._before(one) for one in self._fields)
        )
        for one in shown:
            if one.key in faults:
                continue
            if moved and one.key in self._unchanged_secrets and self._texts[one.key]:
                faults[one.key] = [_("type it again, because it would be sent to another address than before")]
            elif one.required and not self._texts[one.key]:
                faults[one.key] = [_("is missing")]
        if faults:
            raise InvalidInputError(faults)
        kept = StoredConfiguration(
            {one.key: self._texts[one.key] for one in shown if not one.is_secret},
            {one.key: self._texts[one.key] for one in shown if one.is_secret and self._texts[one.key]},
        )
        before = self._stored.texts
        changed = frozenset(key for key in {*before, *after} if before.get(key, "") != after.get(key, ""))
        return SubmittedConfiguration(typed_configuration(self._declared, kept), kept, changed)

    def _shown(self) -> list[ConfigurationField]:
        return [one for one in self._fields if is_shown(one, self._declared, self._texts)]

    def _was_stored(self) -> bool:
        return bool(self._stored.plain or self._stored.secrets)

    def _before(self, one: ConfigurationField) -> str:
        return self._stored.texts.get(one.key, "")
