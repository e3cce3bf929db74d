"""Loading each plugin in isolation.

pluggy's `register()` may leave a half-registered plugin behind when it fails, and its `check_pending()` accuses no
plugin in particular. So each plugin is first tried in a manager that is thrown away.
"""

import logging
import traceback
from collections.abc import Sequence
from typing import Any

import pluggy

from host.settings import Settings
from sync_connectors.contract import hooks
from sync_connectors.contract.connector import Connector
from sync_connectors.contract.hooks import ENTRY_POINT_GROUP
from sync_connectors.guarding import GuardedConnector
from sync_connectors.loading.discovering import FoundPlugin, discover_plugins
from sync_connectors.loading.errors import PluginError
from sync_connectors.loading.plugins import Plugins
from sync_connectors.loading.register import CollectingRegister
from sync_connectors.loading.reports import PluginReport, PluginStatus

_logger = logging.getLogger(__name__)


def load_plugins(settings: Settings, found: Sequence[FoundPlugin] | None = None) -> Plugins:
    """Load all plugins that are installed.

    Args:
        settings: Names blocked plugins, and says whether loading is strict and hook calls are logged.
        found: The plugins to load; those of the installed distributions unless given.

    Raises:
        PluginError: In strict mode, when a plugin failed; the message names all that did.
    """
    manager = _new_manager()
    if settings.plugins_trace:
        _trace(manager)
    connectors: dict[str, Connector] = {}
    owners: dict[str, str] = {}
    reports: list[PluginReport] = []
    candidates = discover_plugins() if found is None else found
    _warn_of_idle_blocks(settings.plugins_block, candidates)
    for plugin in candidates:
        if any(plugin.answers_to(name) for name in settings.plugins_block):
            reports.append(plugin.report(PluginStatus.BLOCKED, "blocked by the setting TIELINE_PLUGINS_BLOCK"))
            continue
        try:
            registered = _load(manager, plugin, owners)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - an import may raise SystemExit, and that plugin alone is to go
            reports.append(plugin.report(PluginStatus.FAILED, _reason(error), traceback.format_exc()))
            _logger.error("plugin %s is not loaded: %s", plugin.label, _reason(error))  # noqa: TRY400 - in the report
            continue
        connectors |= registered
        owners |= dict.fromkeys(registered, plugin.label)
        reports.append(plugin.report(PluginStatus.LOADED, connectors=tuple(registered)))
    seconds = settings.connector_call_seconds
    plugins = Plugins({name: GuardedConnector(one, seconds) for name, one in connectors.items()}, reports)
    if settings.plugins_strict and plugins.failed:
        faults = "; ".join(f"{report.label}: {report.reason}" for report in plugins.failed)
        raise PluginError(f"TIELINE_PLUGINS_STRICT is set and plugins failed to load: {faults}")
    return plugins


def _load(manager: pluggy.PluginManager, found: FoundPlugin, owners: dict[str, str]) -> dict[str, Connector]:
    plugin: Any = found.entry_point.load()
    if plugin is None:
        raise PluginError(f"{found.entry_point.value} is None, name a module or an object with hooks")
    if manager.is_registered(plugin):
        raise PluginError(f"it is the same object as {manager.get_name(plugin)}, remove one of the entry points")
    _try_out(plugin, found.label)
    register = CollectingRegister(found.label, owners)
    manager.register(plugin, found.label)
    others = [other for name, other in manager.list_name_plugin() if name != found.label]
    try:
        manager.subset_hook_caller("register_connectors", others)(register=register)
        return register.close()
    except BaseException:
        manager.unregister(name=found.label)
        raise


def _try_out(plugin: Any, label: str) -> None:
    """Register the plugin where it cannot harm: signatures must match and every hook must be one of ours."""
    trial = _new_manager()
    trial.register(plugin, label)
    trial.check_pending()
    if not trial.get_hookcallers(plugin):
        raise PluginError("it implements no hook, mark its functions with sync_connectors.hookimpl")


def _new_manager() -> pluggy.PluginManager:
    manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
    manager.add_hookspecs(hooks)
    return manager


def _trace(manager: pluggy.PluginManager) -> None:
    def before(hook_name: str, implementations: Sequence[pluggy.HookImpl], _arguments: object) -> None:
        names = ", ".join(implementation.plugin_name for implementation in implementations)
        _logger.info("hook %s is called on %s", hook_name, names or "no plugin")

    def after(outcome: pluggy.Result[Any], hook_name: str, _implementations: object, _arguments: object) -> None:
        error = outcome.exception
        _logger.info("hook %s %s", hook_name, f"raised {type(error).__name__}" if error else "returned")

    manager.add_hookcall_monitoring(before, after)


def _warn_of_idle_blocks(blocked: Sequence[str], candidates: Sequence[FoundPlugin]) -> None:
    for name in blocked:
        if not any(plugin.answers_to(name) for plugin in candidates):
            _logger.warning("TIELINE_PLUGINS_BLOCK names %s, and no plugin has that name", name)


def _reason(error: BaseException) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # noqa: BLE001 - a plugin's error class may itself be broken
        lines = []
    words = lines[0] if lines else ""
    if isinstance(error, PluginError):
        return words
    if isinstance(error, pluggy.PluginValidationError):
        return f"its hooks do not suit: {' '.join(lines)}"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
