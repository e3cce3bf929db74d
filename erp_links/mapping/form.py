"""The mapping page's form: its names, and what was submitted in the terms of `MappingInput`."""

from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import MultiDict

from erp_links.mapping.reading import LinkMapping, MappedActorType, MappedField
from erp_links.mapping.submission import Faults

Form = MultiDict[str, str]


@dataclass(frozen=True, slots=True)
class SubmittedMapping:
    """What a form says, and for each path of a fault the row of the page that it belongs to."""

    values: dict[str, Any]
    rows: dict[str, str] = field(default_factory=dict)

    def by_row(self, faults: Faults) -> dict[str, list[str]]:
        """Return faults by row of the page (`f12`, `t3`); what belongs to none stands under an empty text."""
        found: dict[str, list[str]] = {}
        for path, words in faults.items():
            row = next((self.rows[start] for start in _starts_of(path) if start in self.rows), "")
            found.setdefault(row, []).extend(words)
        return found


def read_form(mapping: LinkMapping, form: Form) -> SubmittedMapping:
    """Return what the form says of the actor types that it shows.

    Rows are named by the ids of their rows in the database, since the keys of an ERP may hold any character. A check
    box that is off is not sent, so everything of a row that is shown counts as submitted.
    """
    submitted = SubmittedMapping({"actor_types": []})
    accepting, _, direction = form.get("accept", "").partition(":")
    for mapped in mapping.actor_types:
        name = f"t{mapped.row.id}"
        if f"{name}.shown" not in form:
            continue
        values = _actor_type(mapped, name, form)
        if accepting == str(mapped.row.id):
            values["accept_proposals"] = direction
        path = f"actor_types.{len(submitted.values['actor_types'])}"
        submitted.rows[path] = name
        submitted.rows.update({f"{path}.fields.{place}": f"f{each.row.id}" for place, each in enumerate(mapped.fields)})
        submitted.values["actor_types"].append(values)
    return submitted


def _actor_type(mapped: MappedActorType, name: str, form: Form) -> dict[str, Any]:
    row = mapped.row
    return {
        "name": mapped.name,
        "active": f"{name}.active" in form,
        "entity_type": form.get(f"{name}.entity_type", row.entity_type),
        "unpaired_pull": form.get(f"{name}.unpaired_pull", row.unpaired_pull),
        "unpaired_push": form.get(f"{name}.unpaired_push", row.unpaired_push),
        "match_fields": [key for key in form.getlist(f"{name}.match_fields") if key],
        "fields": [_field(each, form) for each in mapped.fields],
    }


def _field(mapped: MappedField, form: Form) -> dict[str, Any]:
    name = f"f{mapped.row.id}"
    values: dict[str, Any] = {
        "key": mapped.row.key,
        "crm_field": form.get(f"{name}.crm_field") or None,
        "to_crm": f"{name}.to_crm" in form,
        "to_erp": f"{name}.to_erp" in form,
        "show_on_tab": f"{name}.show_on_tab" in form,
        "show_in_search": f"{name}.show_in_search" in form,
    }
    if values["to_crm"] and values["to_erp"] and f"{name}.policy" in form:
        # one that stands beside a field that goes one way means nothing
        values["policy"] = form[f"{name}.policy"]
    if mapped.columns and values["crm_field"] == mapped.row.crm_field:
        values["row_columns"] = {
            column.erp.key: form[f"{name}.column.{place}"]
            for place, column in enumerate(mapped.columns)
            if form.get(f"{name}.column.{place}")
        }
    return values


def _starts_of(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
