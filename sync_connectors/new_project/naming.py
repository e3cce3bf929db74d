"""The names in a new project, all made from the one of its connector."""

import re
from dataclasses import dataclass
from typing import Self

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40


class BadNameError(ValueError):
    """A connector cannot have this name."""


@dataclass(frozen=True, slots=True)
class ProjectNames:
    """The names of one project.

    Attributes:
        name: Of the connector, as in `plugin:NAME`.
        label: Of the ERP, for people.
        class_name: Of the connector's class.
        package: Of the Python package.
        distribution: Of the project as it is published.
    """

    name: str
    label: str
    class_name: str
    package: str
    distribution: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Return the names that go with the name of a connector.

        Raises:
            BadNameError: It is none, or too long for file names made from it.
        """
        if not _NAME.fullmatch(name):
            raise BadNameError(f"{name!r} is no name, take lower case letters, digits and hyphens, such as acme-books")
        if len(name) > _LONGEST:
            raise BadNameError(f"the name has {len(name)} characters, the most allowed are {_LONGEST}")
        words = name.split("-")
        return cls(
            name=name,
            label=" ".join(words).capitalize(),
            class_name="".join(word.capitalize() for word in words),
            package=f"tieline_{'_'.join(words)}",
            distribution=f"tieline-{name}",
        )
