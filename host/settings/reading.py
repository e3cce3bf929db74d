"""Reading settings from the environment and from a TOML file, every fault at once."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import Field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_type_hints

from host.settings.conversion import convert
from host.settings.declaring import PREFIX, declaration_of, variable_of

CONFIG_VARIABLE = "TIELINE_CONFIG"
TEST_PREFIX = "TIELINE_TEST_"


class SettingsError(Exception):
    """The settings cannot be used, so nothing may start.

    Attributes:
        faults: One sentence per unknown, ill-typed or unusable setting.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("the settings cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))
        self.faults = faults


def read_settings(declared: type[Any], environ: Mapping[str, str], toml_path: Path | None = None) -> dict[str, Any]:
    """Return the values that are set, converted to their declared types.

    Args:
        declared: The dataclass whose fields are the settings.
        environ: The environment.
        toml_path: The file to read, in place of the one that `TIELINE_CONFIG` names.

    Raises:
        SettingsError: names every fault of both sources.
    """
    faults: list[str] = []
    known = {field.name: field for field in fields(declared)}
    types = get_type_hints(declared)
    values: dict[str, Any] = {}
    for origin, name, value in (*_from_file(environ, toml_path, faults), *_from_environment(environ)):
        if name not in known:
            faults.append(f"{origin} is no setting{_suggestion(name, origin, list(known))}")
            continue
        if value == "" and types[name] is not str:
            continue  # an empty variable is how a compose file says "not set"
        try:
            values[name] = _checked(known[name], convert(value, types[name]))
        except ValueError as error:
            faults.append(f"{origin} {error}")
    if faults:
        raise SettingsError(faults)
    return values


def _from_environment(environ: Mapping[str, str]) -> Iterator[tuple[str, str, Any]]:
    for variable, value in sorted(environ.items()):
        if variable.startswith(PREFIX) and not variable.startswith(TEST_PREFIX) and variable != CONFIG_VARIABLE:
            # Lower case is not folded away: `TIELINE_port` would otherwise set the port on one system only.
            name = variable.removeprefix(PREFIX)
            yield variable, name.lower() if name.isupper() else name.upper(), value.strip()


def _from_file(environ: Mapping[str, str], toml_path: Path | None, faults: list[str]) -> Iterator[tuple[str, str, Any]]:
    named = environ.get(CONFIG_VARIABLE, "")
    path = toml_path or (Path(named) if named else None)
    if path is None:
        return
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{CONFIG_VARIABLE} names {path}, which cannot be read: {error.strerror}")
    except ValueError as error:  # not TOML, or not UTF-8
        faults.append(f"{path} is no TOML file: {error}")
    else:
        for name, value in content.items():
            yield f"{name} in {path}", name, value


def _checked(declared: Field[Any], value: Any) -> Any:
    declaration = declaration_of(declared)
    if declaration.minimum is not None and value < declaration.minimum:
        raise ValueError(f"is {value}, the least allowed is {declaration.minimum:g}")
    if declaration.maximum is not None and value > declaration.maximum:
        raise ValueError(f"is {value}, the greatest allowed is {declaration.maximum:g}")
    if declaration.check is not None:
        declaration.check(value)
    return value


def _suggestion(name: str, origin: str, known: list[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1)
    if not near:
        return ""
    return f", {variable_of(near[0]) if origin.startswith(PREFIX) else near[0]} is"
