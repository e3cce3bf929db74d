"""A broken plugin is listed with its reason, and harms no other."""

import logging
import sys
import types
from importlib.metadata import EntryPoint

import pytest

from host.settings import Settings
from sync_connectors import CONTRACT_VERSION, Connector, hookimpl
from sync_connectors.loading import ConnectorMissingError, PluginError, PluginStatus, load_plugins
from sync_connectors.loading.discovering import FoundPlugin
from tests.emulators.plugin_wheels import connector_module

GOOD = connector_module("good")


@pytest.fixture
def found(tmp_path, monkeypatch):
    """Make a found plugin from source; its module is importable for the test only."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(source, name="sample", distribution="", value=""):
        module = f"tieline_sample_{len(made)}_{name.replace('-', '_')}"
        (tmp_path / f"{module}.py").write_text(source)
        made.append(module)
        entry_point = EntryPoint(name, value or module, "tieline")
        return FoundPlugin(distribution or f"dist-{name}", "1.2", entry_point)

    yield make
    for module in made:
        sys.modules.pop(module, None)


@pytest.fixture
def load(tmp_path):
    def load_them(*plugins, **settings):
        return load_plugins(Settings(data_folder=tmp_path, **settings), plugins)

    return load_them


def broken(**replacements):
    source = GOOD
    for old, new in replacements.values():
        assert old in source
        source = source.replace(old, new)
    return source


BROKEN = {
    "import error": ("import no_such_module_of_ours", "ModuleNotFoundError: No module named 'no_such_module_of_ours'"),
    "syntax error": ("def", "SyntaxError"),
    "raises on import": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "exits on import": ("raise SystemExit(3)", "SystemExit: 3"),
    "error without words": ("raise ValueError", "ValueError"),
    "error that cannot be shown": (
        "class Bad(Exception):\n    def __str__(self):\n        return 1\nraise Bad()",
        "Bad",
    ),
    "wrong contract version": (
        connector_module("old", "'9.9'"),
        f"written for contract 9.9, this Tieline knows {CONTRACT_VERSION}",
    ),
    "no contract version": (broken(a=("contract_version = CONTRACT_VERSION", "pass")), "lacks contract_version"),
    "contract version no text": (connector_module("old", "1"), "lacks contract_version"),
    "unknown hook": (GOOD + "\n@hookimpl\ndef register_colours(register):\n    pass\n", "register_colours"),
    "wrong hook arguments": (GOOD.replace("connectors(register)", "connectors(register, colour)"), "colour"),
    "no hook at all": ("answer = 42", "implements no hook"),
    "unmarked hook": (GOOD.replace("@hookimpl", ""), "implements no hook"),
    "hook that raises": (GOOD.replace("register.add(Sample)", "raise OSError('disk')"), "OSError: disk"),
    "hook that raises after adding": (GOOD + "    raise OSError('late')\n", "OSError: late"),
    "nothing registered": (GOOD.replace("register.add(Sample)", "pass"), "registers no connector"),
    "incomplete class": (GOOD.replace("def open", "def opened"), "incomplete, write its methods: open"),
    "not a class": (GOOD.replace("add(Sample)", "add(Sample())"), "is no subclass"),
    "another class": (GOOD.replace("add(Sample)", "add(dict)"), "is no subclass"),
    "invalid name": (connector_module("Not Good"), "'Not Good' is unusable"),
    "empty name": (connector_module(""), "is unusable"),
    "long name": (connector_module("x" * 65), "is unusable"),
    "blank version": (GOOD.replace('"1.0"', '" "'), "not blank"),
    "constructor that raises": (
        GOOD.replace(
            "    contract_version", "    def __init__(self):\n        raise OSError('no')\n    contract_version"
        ),
        "OSError: no",
    ),
    "same name twice": (GOOD + "    register.add(Sample)\n", "registers the connector good twice"),
    "fault swallowed": (
        GOOD.replace(
            "register.add(Sample)",
            "register.add(Sample)\n    try:\n        register.add(int)\n    except Exception:\n        pass",
        ),
        "is no subclass",
    ),
}


@pytest.mark.parametrize(("source", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_plugin_is_listed_with_its_reason_and_the_others_work(found, load, source, reason):
    plugins = load(
        found(connector_module("first"), "first"), found(source, "bad"), found(connector_module("last"), "last")
    )
    assert set(plugins.connectors) == {"first", "last"}
    (report,) = plugins.failed
    assert (report.distribution, report.version, report.entry_point) == ("dist-bad", "1.2", "bad")
    assert reason in report.reason
    assert "Traceback" in report.detail
    assert report.connectors == ()


def test_a_taken_name_is_refused_and_both_distributions_are_named(found, load):
    plugins = load(found(GOOD, "one"), found(GOOD, "two"))
    assert plugins.owner_of("good").distribution == "dist-one"
    (report,) = plugins.failed
    assert "good of two (dist-two 1.2) is taken by one (dist-one 1.2)" in report.reason


def test_nothing_of_a_half_registered_plugin_stays(found, load):
    source = connector_module("half") + "    raise OSError('late')\n"
    plugins = load(found(source, "half"), found(connector_module("half"), "whole"))
    assert plugins.owner_of("half").entry_point == "whole"


def test_the_same_module_under_two_entry_points_is_loaded_once(found, load):
    one = found(GOOD, "one")
    plugins = load(one, found("", "two", value=one.entry_point.value))
    assert [report.status for report in plugins.reports] == [PluginStatus.LOADED, PluginStatus.FAILED]
    assert "same object as one (dist-one 1.2)" in plugins.failed[0].reason


def test_an_object_with_hooks_is_a_plugin_as_well_as_a_module(found, load):
    source = GOOD.replace("@hookimpl\ndef register_connectors(register):\n    register.add(Sample)", "") + (
        "class Plugin:\n    @hookimpl\n    def register_connectors(self, register):\n"
        "        register.add(Sample)\nplugin = Plugin()\n"
    )
    one = found(source, "one")
    entry_point = EntryPoint("one", f"{one.entry_point.value}:plugin", "tieline")
    assert set(load(FoundPlugin("d", "1", entry_point)).connectors) == {"good"}


def test_an_entry_point_that_names_nothing_is_listed(found, load):
    one = found(GOOD, "one")
    plugins = load(FoundPlugin("d", "1", EntryPoint("gone", f"{one.entry_point.value}:gone", "tieline")))
    assert "AttributeError" in plugins.failed[0].reason


@pytest.mark.parametrize("name", ["Blocked", "dist-blocked", "dist_blocked"])
def test_a_blocked_plugin_is_not_imported(found, load, name, tmp_path):
    witness = tmp_path / "imported"
    source = f"open({str(witness)!r}, 'w')\n{GOOD}"
    plugins = load(found(source, "blocked"), found(connector_module("other"), "other"), plugins_block=(name,))
    assert set(plugins.connectors) == {"other"}
    assert plugins.reports[0].status is PluginStatus.BLOCKED
    assert "TIELINE_PLUGINS_BLOCK" in plugins.reports[0].reason
    assert not witness.exists()


def test_a_block_that_fits_no_plugin_is_logged(found, load, caplog):
    load(found(GOOD), plugins_block=("typo",))
    assert "names typo, and no plugin has that name" in caplog.text


def test_strict_mode_stops_the_start_and_names_all_failures(found, load):
    with pytest.raises(PluginError, match=r"one \(dist-one 1\.2\): ValueError; two \(dist-two 1\.2\): OSError: disk"):
        load(found("raise ValueError", "one"), found("raise OSError('disk')", "two"), plugins_strict=True)


def test_strict_mode_accepts_blocked_plugins(found, load):
    assert load(found("raise ValueError", "one"), plugins_strict=True, plugins_block=("one",)).connectors == {}


def test_hook_calls_are_logged_when_traced(found, load, caplog):
    caplog.set_level(logging.INFO)
    load(found(GOOD, "one"), found(GOOD.replace("register.add(Sample)", "raise OSError"), "two"), plugins_trace=True)
    assert "hook register_connectors is called on one (dist-one 1.2)" in caplog.messages
    assert "hook register_connectors returned" in caplog.messages
    assert "hook register_connectors raised OSError" in caplog.messages


def test_hook_calls_are_not_logged_otherwise(found, load, caplog):
    caplog.set_level(logging.INFO)
    load(found(GOOD, "one"))
    assert "hook" not in caplog.text


def test_a_connector_added_after_the_start_is_refused(found, load):
    plugins = load(
        found(GOOD.replace("register.add(Sample)", "register.add(Sample)\n    Sample.kept = register"), "one")
    )
    with pytest.raises(PluginError, match="after the start"):
        plugins.connector("good")._connector.kept.add(Connector)


def test_a_missing_connector_is_named_with_why_its_plugin_is_not_loaded(found, load):
    plugins = load(found("raise OSError('disk')", "ledger"))
    with pytest.raises(ConnectorMissingError, match=r"ledger.*is failed: OSError: disk"):
        plugins.connector("ledger")
    with pytest.raises(ConnectorMissingError, match=r"no connector answers behind other$"):
        plugins.connector("other")


def test_the_identity_of_a_connector_changes_with_its_distribution(found, load):
    assert load(found(GOOD, "one")).identity_of("good") == "good 1.0 (dist-one 1.2)"


def test_interrupting_the_start_is_not_taken_for_a_broken_plugin(found, load):
    with pytest.raises(KeyboardInterrupt):
        load(found("raise KeyboardInterrupt", "one"))


def test_the_marker_is_the_one_of_the_public_import():
    @hookimpl
    def register_connectors(register):
        """Do nothing."""

    module = types.ModuleType("sample")
    module.register_connectors = register_connectors
    assert register_connectors.tieline_impl
