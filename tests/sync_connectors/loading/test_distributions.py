"""Real plugin distributions in a fresh environment: broken ones are listed, and the host and the others work."""

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.emulators.plugin_wheels import connector_module, write_wheel

ROOT = Path(__file__).parents[3]


class Environment:
    """A virtual environment with Tieline and its dependencies, to which wheels are installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
        self._python = folder / "venv" / "bin" / "python"
        (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
        (site / "tieline.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")

    def install(self, *wheels: Path) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self._python), "install", "--no-index", "--no-deps"]
        subprocess.run([*pip, "--quiet", "--disable-pip-version-check", *wheels], check=True)

    def plugins(self, **settings: str) -> subprocess.CompletedProcess[str]:
        command = [self._python, "-c", "import host.cli; host.cli.main()", "plugin", "list", "--json"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIELINE_")}
        environment |= {"TIELINE_DATA_FOLDER": str(self.data), **settings}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=self.folder)


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugins")
    made = Environment(folder)
    twin, raises = connector_module("ledger"), "raise RuntimeError('no licence')"
    two = {"one": "acme_one", "gone": "x"}
    made.install(
        write_wheel(folder, "tieline-ledger", "1.0", {"acme_ledger": twin}, {"ledger": "acme_ledger"}),
        write_wheel(folder, "tieline-twin", "2.0", {"acme_twin": twin}, {"twin": "acme_twin"}),
        write_wheel(folder, "tieline-raises", "0.1", {"acme_raises": raises}, {"raises": "acme_raises"}),
        write_wheel(
            folder,
            "tieline-future",
            "9.0",
            {"acme_future": connector_module("future", "'9.9'")},
            {"future": "acme_future"},
        ),
        write_wheel(
            folder,
            "tieline-hooks",
            "0.2",
            {"acme_hooks": connector_module("hooks") + "\n\n@hookimpl\ndef register_colours(register):\n    pass\n"},
            {"hooks": "acme_hooks"},
        ),
        write_wheel(folder, "tieline-two", "1.5", {"acme_one": connector_module("one")}, two),
    )
    return made


def listed(ended):
    return {plugin["entry_point"]: plugin for plugin in json.loads(ended.stdout)}


def test_each_plugin_is_listed_with_distribution_version_and_reason(environment):
    ended = environment.plugins(TIELINE_PLUGINS_TRACE="true")
    assert ended.returncode == 0, ended.stderr
    assert "hook register_connectors is called on ledger (tieline-ledger 1.0)" in ended.stderr
    plugins = listed(ended)
    assert {name: plugin["status"] for name, plugin in plugins.items()} == {
        "workbook": "loaded",
        "ledger": "loaded",
        "one": "loaded",
        "twin": "failed",
        "raises": "failed",
        "future": "failed",
        "hooks": "failed",
        "gone": "failed",
    }
    assert plugins["ledger"]["connectors"] == ["ledger"]
    assert (plugins["raises"]["distribution"], plugins["raises"]["version"]) == ("tieline-raises", "0.1")
    reasons = {name: plugin["reason"] for name, plugin in plugins.items()}
    assert reasons["raises"] == "RuntimeError: no licence"
    assert "taken by ledger (tieline-ledger 1.0)" in reasons["twin"]
    assert "twin (tieline-twin 2.0)" in reasons["twin"]
    assert "contract 9.9" in reasons["future"]
    assert "register_colours" in reasons["hooks"]
    assert "No module named 'x'" in reasons["gone"]
    assert next(iter(plugins)) == "workbook"


def test_blocked_plugins_are_listed_and_free_the_names_that_they_held(environment):
    plugins = listed(environment.plugins(TIELINE_PLUGINS_BLOCK="tieline-ledger, raises"))
    assert plugins["ledger"]["status"] == plugins["raises"]["status"] == "blocked"
    assert plugins["twin"]["connectors"] == ["ledger"]


def test_strict_mode_stops_the_command_and_names_the_faults(environment):
    ended = environment.plugins(TIELINE_PLUGINS_STRICT="true")
    assert ended.returncode == 1
    assert "raises (tieline-raises 0.1): RuntimeError: no licence" in ended.stderr
    assert "Traceback" not in ended.stderr
