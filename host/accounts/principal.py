"""Who looks at something: all that a rule of visibility may hang on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Principal:
    """A signed-in user, or the user of a token, as far as rules of visibility care.

    Attributes:
        user_id: The user.
        name: How the user is shown.
        is_administrator: Whether the user is one and, over the API, the token says so too.
        group_ids: The groups the user is in at this moment.
    """

    user_id: int
    name: str
    is_administrator: bool = False
    group_ids: frozenset[int] = frozenset()
