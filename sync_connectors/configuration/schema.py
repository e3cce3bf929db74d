"""The marshmallow schema that a connector's configuration fields make."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema as AnySchema
from marshmallow import ValidationError, fields

from host.schemas import Schema
from sync_connectors.configuration.conversion import value_of
from sync_connectors.configuration.stored import VALUELESS
from sync_connectors.contract.fields import ConfigurationField
from sync_connectors.contract.values import FieldType, Value

_Check = Callable[[Any], None]


class ConfigurationValue(fields.Field[Any]):
    """One configuration field as a field of a schema: it converts, then names every limit that is broken.

    Args:
        declared: The configuration field.
        allowed: Keys that a LIST field may take, where they are known.
    """

    def __init__(self, declared: ConfigurationField, allowed: Collection[str] | None, **options: Any) -> None:
        super().__init__(allow_none=True, validate=_checks(declared, allowed), **options)
        self.declared = declared

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Value:
        try:
            return value_of(self.declared, value)
        except ValueError as error:
            raise ValidationError(str(error)) from error


def configuration_schema(
    declared: Sequence[ConfigurationField], allowed: Mapping[str, Collection[str]] | None = None
) -> type[AnySchema]:
    """Return a schema with one field for each configuration field that takes a value; other keys are refused.

    Args:
        declared: The fields of a connector.
        allowed: Items by key of the LIST fields whose list was asked for.
    """
    lists = allowed or {}
    # The schema's own attributes are numbered: a connector may call a field `load` or `context`.
    made: dict[str, fields.Field[Any]] = {
        f"value_{number}": ConfigurationValue(
            field, field.choices or lists.get(field.key), data_key=field.key, required=False
        )
        for number, field in enumerate(declared)
        if field.type not in VALUELESS
    }
    return Schema.from_dict(made, name="LinkConfiguration")


def _checks(field: ConfigurationField, allowed: Collection[str] | None) -> list[_Check]:
    checks: list[_Check] = []
    if field.max_length > 0 and field.type in {FieldType.TEXT, FieldType.PASSWORD}:
        checks.append(_not_longer_than(field.max_length))
    if field.pattern:
        checks.append(_like(re.compile(field.pattern), field.pattern_help))
    if field.type in {FieldType.INTEGER, FieldType.DOUBLE}:
        checks.append(_between(field.minimum, field.maximum))
    if field.type is FieldType.LIST and allowed is not None:
        checks.append(_one_of(allowed))
    return checks


def _not_longer_than(most: int) -> _Check:
    def check(value: str | None) -> None:
        if value is not None and len(value) > most:
            raise ValidationError(_("has more than %(most)s characters", most=most))

    return check


def _like(pattern: re.Pattern[str], words: str) -> _Check:
    def check(value: Value) -> None:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise ValidationError(words or _("does not have the expected form"))

    return check


def _between(least: int | None, most: int | None) -> _Check:
    def check(value: Any) -> None:
        if value is not None and least is not None and value < least:
            raise ValidationError(_("must be at least %(least)s", least=least))
        if value is not None and most is not None and value > most:
            raise ValidationError(_("must be at most %(most)s", most=most))

    return check


def _one_of(allowed: Collection[str]) -> _Check:
    def check(value: str | None) -> None:
        if value is not None and value not in allowed:
            raise ValidationError(_("is none of the items of the list"))

    return check
