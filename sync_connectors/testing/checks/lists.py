"""Checks of the lists that LIST fields choose from."""

from sync_connectors.contract.values import FieldType
from sync_connectors.testing.bench import Bench
from sync_connectors.testing.check import check
from sync_connectors.testing.outcomes import apply_if, require

UNKNOWN_ITEM = "no-such-item-7q"


@check(
    mend="Answer list_items with key → text for each list name that is declared.",
)
def lists_have_items(bench: Bench) -> None:
    """Every list that a field names has items, each with a text."""
    for name in _names(bench):
        items = bench.items(name)
        require(items, f"the list {name} is empty")
        blank = [key for key, text in items.items() if not key.strip() or not text.strip()]
        require(not blank, f"the list {name} has an item with a blank key or text: {', '.join(map(repr, blank))}")


@check(
    mend="Answer list_items_by_key from the same list, without the keys that it does not have.",
)
def items_by_key_are_those_of_the_list(bench: Bench) -> None:
    """Items by key have the texts that the whole list has; unknown keys are left out."""
    for name in _names(bench):
        wanted = dict(list(bench.items(name).items())[:3])
        found = bench.session.list_items_by_key(name, [*wanted, UNKNOWN_ITEM])
        require(dict(found) == wanted, f"the items of {name} are {dict(found)} by key, and {wanted} in the list")


def _names(bench: Bench) -> list[str]:
    fields = [field for kind in bench.types.values() for field in kind.fields]
    columns = [column for field in fields for column in field.row_fields]
    names = {field.list_name for field in (*fields, *columns) if field.type is FieldType.LIST}
    apply_if(names, "no field is a list")
    return sorted(names)


CHECKS = (lists_have_items, items_by_key_are_those_of_the_list)
