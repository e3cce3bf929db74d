"""How one setting is declared: section, default and help beside its name and type."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

PREFIX = "TIELINE_"
_KEY = "setting"


class _Derived:
    """Stands for a default that hangs on other settings until all of them are known."""

    def __repr__(self) -> str:
        return "derived"


DERIVED = _Derived()


@dataclass(frozen=True)
class Declaration:
    """What the documentation and the reader know of one setting beside its name and type.

    Attributes:
        section: Heading under which it is documented.
        help: One or two sentences for an administrator.
        derive: Makes the default from the other settings, where it hangs on them.
        default_words: The derived default in words.
        minimum: Least number allowed.
        maximum: Greatest number allowed.
        check: Raises ValueError with the reason when a value of the right type cannot be used.
    """

    section: str
    help: str
    derive: Callable[[Any], Any] | None = None
    default_words: str = ""
    minimum: float | None = None
    maximum: float | None = None
    check: Callable[[Any], None] | None = None


def setting(section: str, default: Any, explanation: str, *, secret: bool = False, **more: Any) -> Any:
    """Declare a setting; use it as the default value of a dataclass field.

    Args:
        section: Heading under which it is documented.
        default: Its value where nobody sets it; DERIVED where `derive` makes it.
        explanation: Its help.
        secret: Keeps the value out of `repr`.
        **more: Further attributes of `Declaration`.

    Returns:
        A dataclass field. Typed as Any, as `dataclasses.field` is, so that the annotation of the field decides.
    """
    declaration = Declaration(section, explanation, **more)
    return field(default=default, repr=not secret, metadata={_KEY: declaration})


def declaration_of(declared: dataclasses.Field[Any]) -> Declaration:
    """Return what was declared for a dataclass field made by `setting`."""
    declaration: Declaration = declared.metadata[_KEY]
    return declaration


def variable_of(name: str) -> str:
    """Return the environment variable of the setting called `name`."""
    return PREFIX + name.upper()
