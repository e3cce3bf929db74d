"""Checks of what a link declares: actor types, capabilities, fields."""

from sync_connectors.configuration import value_of
from sync_connectors.contract.fields import Access, ConfigurationField
from sync_connectors.contract.search import OPERATORS
from sync_connectors.contract.values import FieldType
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import check, type_check
from sync_connectors.testing.outcomes import CheckFailedError, require
from sync_connectors.testing.records import TypeBench


@check(
    mend="Return ActorType objects from actor_types, with names out of ActorTypeName.",
)
def actor_types_are_offered(bench: Bench) -> None:
    """The link offers at least one actor type that the host knows."""
    require(bench.types, "actor_types returns none that is known")


@type_check(
    mend="conditional_save goes with save, search_by_parent with parents; reference_field names a text field that can "
    "be written and searched.",
)
def capabilities_agree(kind: TypeBench) -> None:
    """The capabilities of each type agree with each other and with its fields."""
    able = kind.able
    require(able.save or not able.conditional_save, "it declares conditional_save without save")
    require(kind.type.parents or not able.search_by_parent, "it declares search_by_parent, and names no parents")
    require(able.maximum_batch >= 0 and able.maximum_parallel_calls >= 1, "it declares less than one call or record")
    if able.reference_field:
        field = next((field for field in kind.fields if field.key == able.reference_field), None)
        require(field, f"the reference field {able.reference_field} is not declared")
        usable = field and field.type is FieldType.TEXT and field.access is not Access.READ_ONLY
        require(usable, f"the reference field {able.reference_field} is no text that can be written")
        require(
            able.reference_field in kind.searchable, f"the reference field {able.reference_field} is not searchable"
        )


@type_check(
    mend="See the field named. `default` is the text of a value that the field would take.",
)
def fields_are_declared(kind: TypeBench) -> None:
    """Each type declares fields, with labels, and defaults that suit their types."""
    require(kind.fields, "it has no fields")
    for field in kind.fields:
        require(field.label.strip(), f"{field.key} has a blank label")
        require(field.type is not FieldType.ROWS or field.row_fields, f"{field.key} has rows without columns")
        require(field.type is FieldType.LIST or not field.list_name, f"{field.key} names a list and is none")
        if field.default:
            try:
                value_of(ConfigurationField(field.key, field.label, field.type), field.default)
            except ValueError as error:
                raise CheckFailedError(f"the default of {field.key} {error}") from None


@type_check(
    mend="Return keys of fields from searchable_fields, none of ROWS or LABEL.",
)
def searchable_fields_are_declared(kind: TypeBench) -> None:
    """The searchable fields are declared fields, of types that have operators."""
    types = {field.key: field.type for field in kind.fields}
    for key in kind.searchable:
        require(key in types, f"{key} is searchable, and no field")
        require(OPERATORS[types[key]], f"{key} is searchable, and its type {types[key]} has no operators")


CHECKS = (actor_types_are_offered, capabilities_agree, fields_are_declared, searchable_fields_are_declared)
