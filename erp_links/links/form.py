"""The form of a link: from what a browser sends to a submission, and to what the page shows again."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from erp_links.links.candidate import PREFIX
from erp_links.links.models import ErpLink, Visibility
from erp_links.links.submission import AccessGrant, LinkSubmission, VisibilityChoice
from host.accounts.models import Group, User
from host.schemas.fields import LARGEST_ID
from sync_connectors import ConfigurationField, FieldType
from sync_connectors.configuration import MASK, form_values

_INPUT_TYPES = {
    FieldType.INTEGER: "number",
    FieldType.DOUBLE: "text",
    FieldType.CHECKBOX: "checkbox",
    FieldType.LIST: "select",
    FieldType.DATE: "date",
    FieldType.LOCAL_DATETIME: "datetime-local",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One configuration field as the page shows it.

    Attributes:
        type: The macro's word for its widget; `label` for a text without a value.
        options: Items of a select, (key, text); for a list that is asked from the connector what is known by now.
        is_asked: Whether its items come from the connector.
        show_if: (name of the deciding input, its values) under which the field is shown, or None.
    """

    declared: ConfigurationField
    name: str
    type: str
    value: Any
    options: tuple[tuple[str, str], ...] = ()
    is_asked: bool = False
    show_if: tuple[str, tuple[str, ...]] | None = None

    @property
    def attributes(self) -> dict[str, str]:
        """Further attributes of the input."""
        declared = self.declared
        limits = {"min": declared.minimum, "max": declared.maximum} if self.type == "number" else {}
        if declared.max_length and self.type in {"text", "password"}:
            limits["maxlength"] = declared.max_length
        told = {name: str(value) for name, value in limits.items() if value is not None}
        if self.is_asked:
            told |= {
                "data-list": declared.key,
                "data-depends-on": " ".join(f"{PREFIX}{key}" for key in declared.depends_on),
            }
        if declared.is_secret:
            told |= {"autocomplete": "new-password", "spellcheck": "false"}
        return told


@dataclass(frozen=True, slots=True)
class FormGroup:
    """Fields under one heading; a new step begins where `step` is not empty."""

    step: str
    heading: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class PrincipalRow:
    """One user or group that can be selected."""

    kind: str
    id: int
    name: str
    note: str
    is_selected: bool = False
    may_connect: bool = False
    may_create: bool = False


def submission_of(form: MultiDict[str, str], fields: Sequence[ConfigurationField]) -> LinkSubmission:
    """Return what a browser has sent.

    Args:
        form: The whole form.
        fields: What the chosen connector declares; check boxes that are off are absent in a form.
    """
    return LinkSubmission(
        name=form.get("name", "").strip(),
        connector_id=_id_of(form.get("connector_id", "")),
        configuration=form_values(fields, form, PREFIX),
        visibility=_choice_of(form),
        description=form.get("description", "").strip(),
        erp_time_zone=form.get("erp_time_zone", "").strip(),
        proof=form.get("proof", ""),
        url_revision=_id_of(form.get("url_revision", "")),
    )


def groups_of(
    fields: Sequence[ConfigurationField],
    values: Mapping[str, Any],
    lists: Mapping[str, Mapping[str, str]],
) -> tuple[FormGroup, ...]:
    """Return the configuration part of the form: steps and groups in the order of the fields' ranks (C-02).

    Args:
        fields: What the connector declares.
        values: Texts or JSON values by field key.
        lists: Items of the lists that were asked, by field key.
    """
    ordered = sorted(fields, key=lambda one: one.rank)
    groups = []
    last_step = ""
    for (step, heading), members in groupby(ordered, key=lambda one: (one.step, one.group)):
        shown = tuple(_field(one, values.get(one.key, ""), lists.get(one.key)) for one in members)
        groups.append(FormGroup(step if step != last_step else "", heading, shown))
        last_step = step
    return tuple(groups)


def shown_again(fields: Sequence[ConfigurationField], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return sent values as the page may show them again: a secret that was typed is not among them."""
    secret = {one.key for one in fields if one.is_secret}
    return {key: (value if value == MASK else "") if key in secret else value for key, value in sent.items()}


def principals_of(session: Session, choice: VisibilityChoice | None) -> tuple[PrincipalRow, ...]:
    """Return groups and active users, the chosen ones first; a chosen user who is inactive stays listed."""
    grants = choice.grants if choice else ()
    by_user = {grant.user_id: grant for grant in grants if grant.user_id is not None}
    by_group = {grant.group_id: grant for grant in grants if grant.group_id is not None}
    groups = session.execute(select(Group.id, Group.name, Group.description).order_by(Group.name))
    users = session.execute(
        select(User.id, User.name, User.login)
        .where(User.active.is_(True) | User.id.in_(list(by_user)))
        .order_by(User.name, User.id)
    )
    rows = [
        *(_principal("group", number, name, note, by_group.get(number)) for number, name, note in groups),
        *(_principal("user", number, name, login, by_user.get(number)) for number, name, login in users),
    ]
    return tuple(sorted(rows, key=lambda row: not row.is_selected))


def choice_of_link(link: ErpLink) -> VisibilityChoice:
    """Return who sees a link now."""
    grants = (AccessGrant(row.user_id, row.group_id, row.may_connect, row.may_create) for row in link.access)
    return VisibilityChoice(Visibility(link.visibility), tuple(grants))


def _field(declared: ConfigurationField, value: Any, items: Mapping[str, str] | None) -> FormField:
    is_asked = declared.type is FieldType.LIST and bool(declared.list_name) and not declared.choices
    options = tuple(_options(declared, str(value or ""), items)) if declared.type is FieldType.LIST else ()
    if declared.type is FieldType.CHECKBOX:
        value = str(value).lower() in {"true", "1", "on", "yes"}
    return FormField(
        declared=declared,
        name=f"{PREFIX}{declared.key}",
        type=_widget(declared),
        value=value,
        options=options,
        is_asked=is_asked,
        show_if=(f"{PREFIX}{declared.show_if.field}", declared.show_if.values) if declared.show_if else None,
    )


def _widget(declared: ConfigurationField) -> str:
    if declared.type in {FieldType.LABEL, FieldType.ROWS}:
        return "label"
    if declared.is_secret:
        return "password"
    return _INPUT_TYPES.get(declared.type, "text")


def _options(declared: ConfigurationField, value: str, items: Mapping[str, str] | None) -> Iterator[tuple[str, str]]:
    known = declared.choices or items or {}
    if not declared.required or not value:
        yield "", ""
    yield from known.items()
    if value and value not in known:
        yield value, value


def _principal(kind: str, number: int, name: str, note: str, grant: AccessGrant | None) -> PrincipalRow:
    return PrincipalRow(
        kind,
        number,
        name,
        note,
        is_selected=grant is not None,
        may_connect=grant is not None and grant.may_connect,
        may_create=grant is not None and grant.may_create,
    )


def _choice_of(form: MultiDict[str, str]) -> VisibilityChoice | None:
    mode = form.get("visibility", "")
    if mode not in {Visibility.ALL.value, Visibility.SELECTED.value}:
        return None
    return VisibilityChoice(Visibility(mode), tuple(_grants(form)))


def _grants(form: MultiDict[str, str]) -> Iterator[AccessGrant]:
    for kind in ("user", "group"):
        prefix = f"see.{kind}."
        for name in form:
            number = _id_of(name.removeprefix(prefix)) if name.startswith(prefix) else None
            if number is None:
                continue
            yield AccessGrant(
                user_id=number if kind == "user" else None,
                group_id=number if kind == "group" else None,
                may_connect=f"connect.{kind}.{number}" in form,
                may_create=f"create.{kind}.{number}" in form,
            )


def _id_of(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and 0 < int(text[:11]) <= LARGEST_ID else None
