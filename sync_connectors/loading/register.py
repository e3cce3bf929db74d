"""The register that a plugin adds its connector classes to, and what it demands of each."""

import inspect
import re
from collections.abc import Mapping
from typing import Any

from sync_connectors.contract.connector import CONTRACT_VERSION, Connector
from sync_connectors.loading.errors import PluginError

KNOWN_CONTRACT_VERSIONS = frozenset({CONTRACT_VERSION})

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME = 64
_ATTRIBUTES = ("name", "label", "version", "contract_version")


class CollectingRegister:
    """Collects the connectors of one plugin; nobody else sees them until the plugin has passed.

    Args:
        owner: The plugin's label.
        taken: The connector names in use, each with the label of the plugin that has it.
    """

    def __init__(self, owner: str, taken: Mapping[str, str]) -> None:
        self.connectors: dict[str, Connector] = {}
        self._owner = owner
        self._taken = taken
        self._fault: PluginError | None = None
        self._closed = False

    def add(self, connector: type[Connector]) -> None:
        """Make an instance of a connector class and keep it under its name.

        Raises:
            PluginError: The class is incomplete, its contract version is not ours, or its name is taken.
        """
        if self._closed:
            raise PluginError(f"{self._owner} adds a connector after the start, add it in register_connectors")
        try:
            self._add(connector)
        except PluginError as error:
            self._fault = self._fault or error
            raise

    def close(self) -> dict[str, Connector]:
        """Return what was collected, by name; from now on nothing can be added.

        Raises:
            PluginError: A class was refused, also when the plugin itself has swallowed that error.
        """
        self._closed = True
        if self._fault is not None:
            raise self._fault
        if not self.connectors:
            raise PluginError("it registers no connector: call register.add in register_connectors")
        return dict(self.connectors)

    def _add(self, connector: Any) -> None:
        _check_class(connector)
        name: str = connector.name
        if name in self.connectors:
            raise PluginError(f"it registers the connector {name} twice, give each a name of its own")
        if name in self._taken:
            raise PluginError(
                f"the connector name {name} of {self._owner} is taken by {self._taken[name]}, uninstall or block one"
            )
        self.connectors[name] = connector()


def _check_class(connector: Any) -> None:
    if not inspect.isclass(connector) or not issubclass(connector, Connector):
        raise PluginError(f"{connector!r:.200} is no subclass of sync_connectors.Connector, add the class itself")
    missing = [attribute for attribute in _ATTRIBUTES if not isinstance(getattr(connector, attribute, None), str)]
    if missing:
        raise PluginError(f"the class {connector.__name__} lacks {', '.join(missing)}, set each to a text")
    if connector.contract_version not in KNOWN_CONTRACT_VERSIONS:
        raise PluginError(
            f"the connector {connector.name} is written for contract {connector.contract_version}, "
            f"this Tieline knows {', '.join(sorted(KNOWN_CONTRACT_VERSIONS))}: install a matching version of either"
        )
    if not _NAME.fullmatch(connector.name) or len(connector.name) > _LONGEST_NAME:
        raise PluginError(
            f"the connector name {connector.name!r:.100} is unusable, "
            f"take lower case letters, digits and single hyphens, at most {_LONGEST_NAME}"
        )
    if not connector.label.strip() or not connector.version.strip():
        raise PluginError(f"the connector {connector.name} needs a label and a version that are not blank")
    if inspect.isabstract(connector):
        lacking = ", ".join(sorted(connector.__abstractmethods__))
        raise PluginError(f"the class {connector.__name__} is incomplete, write its methods: {lacking}")
