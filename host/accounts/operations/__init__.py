"""What can be done with users, groups and API tokens."""

from host.accounts.operations.groups import change_group, create_group, delete_group, get_group, list_groups
from host.accounts.operations.signing_in import authenticate, change_own_password, end_sessions
from host.accounts.operations.tokens import authenticate_token, create_token, list_tokens, note_use, revoke_token
from host.accounts.operations.users import (
    activate_user,
    change_user,
    create_user,
    deactivate_user,
    get_user,
    list_users,
    set_password,
)

__all__ = [
    "activate_user",
    "authenticate",
    "authenticate_token",
    "change_group",
    "change_own_password",
    "change_user",
    "create_group",
    "create_token",
    "create_user",
    "deactivate_user",
    "delete_group",
    "end_sessions",
    "get_group",
    "get_user",
    "list_groups",
    "list_tokens",
    "list_users",
    "note_use",
    "revoke_token",
    "set_password",
]
