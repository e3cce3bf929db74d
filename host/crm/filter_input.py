"""Filters as people and programs write them: the field, the comparison, and the value as text."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from host.crm.fields import CrmField
from host.crm.filters import COMPARISONS, Comparison, Filter
from host.crm.schemas import values_by_key, values_schema
from host.errors import InvalidInputError
from host.schemas import load_form

PREFIX = "f"
MOST_FILTERS = 20
WITHOUT_VALUE = {Comparison.EMPTY, Comparison.FILLED}


def filters_of_form(arguments: Mapping[str, str], fields: Mapping[str, CrmField]) -> list[Filter]:
    """Return the filters of a list page's address, such as `f.from.credit_limit=100`; empty inputs do not filter.

    Raises:
        InvalidInputError: per input every fault.
    """
    filters: list[Filter] = []
    errors: dict[str, list[str]] = {}
    for name, text in arguments.items():
        prefix, _dot, rest = name.partition(".")
        comparison, _dot, key = rest.partition(".")
        if prefix != PREFIX or not text.strip():
            continue
        if comparison == "state":  # one input chooses between the two comparisons that take no value
            comparison = text
        try:
            filters.append(read_filter(fields, key, comparison, text))
        except InvalidInputError as error:
            errors[name] = [fault for faults in error.errors.values() for fault in faults]
    if errors:
        raise InvalidInputError(errors)
    return filters[:MOST_FILTERS]


def filters_of_texts(texts: Iterable[str], fields: Mapping[str, CrmField]) -> list[Filter]:
    """Return the filters of texts such as `credit_limit:from:100`, as the API takes them.

    Raises:
        InvalidInputError: every fault of every text.
    """
    filters: list[Filter] = []
    faults: list[str] = []
    for text in texts:
        key, _colon, rest = text.partition(":")
        comparison, _colon, value = rest.partition(":")
        try:
            filters.append(read_filter(fields, key, comparison, value))
        except InvalidInputError as error:
            faults += [f"{text}: {fault}" for several in error.errors.values() for fault in several]
    if faults:
        raise InvalidInputError({"filter": faults})
    return filters


def read_filter(fields: Mapping[str, CrmField], key: str, comparison: str, text: str) -> Filter:
    """Return one filter.

    Raises:
        InvalidInputError: there is no such field, it is not compared so, or the text is no value of it.
    """
    field = fields.get(key)
    if field is None:
        raise InvalidInputError({key: [_("is not a field of this record")]})
    if comparison not in COMPARISONS[field.type]:
        words = ", ".join(COMPARISONS[field.type])
        raise InvalidInputError({key: [_("is compared by one of: %(comparisons)s", comparisons=words)]})
    wanted = Comparison(comparison)
    if wanted in WITHOUT_VALUE:
        return Filter(field, wanted)
    loaded = load_form(values_schema("FilterValue", [field]), MultiDict({field.key: text}))
    return Filter(field, wanted, values_by_key(loaded, [field])[field.key])
