"""Real plugin distributions, written by hand as wheels so that no build tool is needed."""

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path

CONNECTOR = """
from sync_connectors import CONTRACT_VERSION, Connector, Tested, hookimpl


class {class_name}(Connector):
    name, label, version = "{name}", "{name} for tests", "1.0"
    contract_version = {contract_version}

    def configuration_fields(self):
        return []

    def test_configuration(self, configuration, services):
        return Tested()

    def open(self, guid, configuration, services):
        raise NotImplementedError


@hookimpl
def register_connectors(register):
    register.add({class_name})
"""


def connector_module(name: str, contract_version: str = "CONTRACT_VERSION", class_name: str = "Sample") -> str:
    """Return the source of a plugin module with one connector."""
    return CONNECTOR.format(name=name, contract_version=contract_version, class_name=class_name)


def write_wheel(
    folder: Path, distribution: str, version: str, modules: Mapping[str, str], entry_points: Mapping[str, str]
) -> Path:
    """Write a wheel.

    Args:
        modules: Source by module name.
        entry_points: Module by entry point name, in the group `tieline`.
    """
    stem = distribution.replace("-", "_")
    info = f"{stem}-{version}.dist-info"
    files = {f"{name}.py": source for name, source in modules.items()} | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": "[tieline]\n"
        + "".join(f"{key} = {value}\n" for key, value in entry_points.items()),
    }
    record = "".join(f"{name},sha256={_digest(text)},{len(text.encode())}\n" for name, text in files.items())
    path = folder / f"{stem}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
    return path


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
