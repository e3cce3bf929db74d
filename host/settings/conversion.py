"""From a variable's text, or a TOML value, to the type that a setting declares."""

from collections.abc import Callable
from math import isfinite
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def convert(value: Any, wanted: Any) -> Any:
    """Return `value` as the declared type `wanted`.

    Args:
        value: Text from the environment, or what the TOML parser returned.
        wanted: str, int, float, bool, Path, `Path | None`, tuple[str, ...] or a Literal of texts.

    Raises:
        ValueError: says what the value is not. It never quotes the value, which may be a secret.
    """
    if get_origin(wanted) is Literal:
        return _choice(value, get_args(wanted))
    return _CONVERSIONS[_without_none(wanted)](value)


def describe(wanted: Any) -> str:
    """Return the name of a declared type for the documentation."""
    if get_origin(wanted) is Literal:
        return " or ".join(f"`{choice}`" for choice in get_args(wanted))
    return _NAMES[_without_none(wanted)]


def _without_none(wanted: Any) -> Any:
    if isinstance(wanted, UnionType):
        return next(type_ for type_ in get_args(wanted) if type_ is not NoneType)
    return wanted


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("is no text")
    return value


def _integer(value: Any) -> int:
    if isinstance(value, str) and value.removeprefix("-").isdecimal():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("is no whole number")


def _number(value: Any) -> float:
    try:
        number = float(value if isinstance(value, str | int | float) and not isinstance(value, bool) else "")
    except ValueError:
        raise ValueError("is no number") from None
    if not isfinite(number):
        raise ValueError("is no finite number")
    return number


def _truth(value: Any) -> bool:
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if isinstance(value, bool):
        return value
    raise ValueError("is neither true nor false")


def _path(value: Any) -> Path:
    return Path(_text(value)).expanduser()


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    raise ValueError("is no list of texts")


def _choice(value: Any, choices: tuple[str, ...]) -> str:
    chosen = _text(value).lower()
    if chosen not in choices:
        raise ValueError(f"is none of {', '.join(choices)}")
    return chosen


_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {
    str: _text,
    int: _integer,
    float: _number,
    bool: _truth,
    Path: _path,
    tuple[str, ...]: _texts,
}
_NAMES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    tuple[str, ...]: "list, comma separated",
}
