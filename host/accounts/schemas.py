"""What pages, API and commands take and give of users, groups and tokens."""

from typing import Any
from zoneinfo import available_timezones

from babel import Locale, UnknownLocaleError
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema as PlainSchema
from marshmallow import ValidationError, fields, validate, validates

from host.accounts.models import Role, TokenScope
from host.schemas import RecordId, Schema, Text, VerbatimText

_ROLES = validate.OneOf([role.value for role in Role])
_SCOPES = validate.OneOf([scope.value for scope in TokenScope])
_NAME = validate.Length(min=1, max=254)
_PASSWORD = validate.Length(min=1, max=1024)


class _Preferences(Schema):
    language = Text(validate=validate.Length(max=10), metadata={"description": "Such as en or de; empty: the default."})
    time_zone = Text(
        validate=validate.Length(max=64), metadata={"description": "Such as Europe/Oslo; empty: the default."}
    )

    @validates("language")
    def _known_language(self, value: str, **_options: Any) -> None:
        try:
            known = not value or Locale.parse(value) is not None
        except (ValueError, UnknownLocaleError):
            known = False
        if not known:
            raise ValidationError(_("is no language such as en or de"))

    @validates("time_zone")
    def _known_time_zone(self, value: str, **_options: Any) -> None:
        if value and value not in available_timezones():
            raise ValidationError(_("is no time zone such as Europe/Oslo"))


class UserChange(_Preferences):
    """The fields of a user that can be changed."""

    login = Text(validate=[_NAME, validate.Regexp(r"\S+$", error=_l("must not hold blanks"))])
    name = Text(validate=_NAME)
    email = Text(
        validate=[validate.Length(max=254), validate.Regexp(r"$|[^@\s]+@[^@\s]+$", error=_l("is no e-mail address"))]
    )
    role = Text(validate=_ROLES)
    group_ids = fields.List(RecordId(), validate=validate.Length(max=1000))


class UserInput(UserChange):
    """A new user."""

    login = Text(required=True, validate=[_NAME, validate.Regexp(r"\S+$", error=_l("must not hold blanks"))])
    name = Text(required=True, validate=_NAME)
    password = VerbatimText(required=True, validate=_PASSWORD, load_only=True)


class PasswordInput(Schema):
    """A password that an administrator gives a user."""

    password = VerbatimText(required=True, validate=_PASSWORD, load_only=True)


class OwnPasswordInput(Schema):
    """A user's own change of password."""

    present_password = VerbatimText(required=True, validate=_PASSWORD, load_only=True)
    password = VerbatimText(required=True, validate=_PASSWORD, load_only=True)


class PreferencesInput(_Preferences):
    """What a user chooses for the own pages."""


class SignInInput(Schema):
    """Login and password."""

    login = Text(required=True, validate=_NAME)
    password = VerbatimText(required=True, validate=_PASSWORD, load_only=True)


class FirstAdministratorInput(Schema):
    """The first administrator, who makes all other users."""

    login = Text(required=True, validate=[_NAME, validate.Regexp(r"\S+$", error=_l("must not hold blanks"))])
    name = Text(required=True, validate=_NAME)
    password = VerbatimText(required=True, validate=_PASSWORD, load_only=True)


class GroupChange(Schema):
    """The fields of a group that can be changed."""

    name = Text(validate=_NAME)
    description = Text(validate=validate.Length(max=1023))
    member_ids = fields.List(RecordId(), validate=validate.Length(max=10_000))


class GroupInput(GroupChange):
    """A new group."""

    name = Text(required=True, validate=_NAME)


class TokenInput(Schema):
    """A new API token."""

    name = Text(required=True, validate=_NAME)
    scope = Text(required=True, validate=_SCOPES)
    days = fields.Integer(load_default=None, allow_none=True, validate=validate.Range(min=1, max=3650))


class UserSchema(PlainSchema):
    """A user as the API gives one."""

    id = fields.Integer(required=True)
    login = fields.String(required=True)
    name = fields.String(required=True)
    email = fields.String(required=True)
    role = fields.String(required=True, validate=_ROLES)
    active = fields.Boolean(required=True)
    language = fields.String(required=True)
    time_zone = fields.String(required=True)
    group_ids = fields.Function(
        lambda user: sorted(group.id for group in user.groups),
        required=True,
        metadata={"type": "array", "items": {"type": "integer"}},
    )
    version = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True, format="iso")
    last_sign_in_at = fields.AwareDateTime(required=True, allow_none=True, format="iso")


class GroupSchema(PlainSchema):
    """A group as the API gives one."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    description = fields.String(required=True)
    member_ids = fields.Function(
        lambda group: sorted(user.id for user in group.members),
        required=True,
        metadata={"type": "array", "items": {"type": "integer"}},
    )
    version = fields.Integer(required=True)
