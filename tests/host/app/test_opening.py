import subprocess
import sys
from pathlib import Path

from flask_babel import gettext, ngettext

from host.app.opening import open_runtime, wording_app
from host.database import Database
from host.settings import Settings


def test_texts_are_worded_in_the_language_of_the_installation() -> None:
    words = {}
    for language in ("en", "de"):
        with wording_app(Settings(language=language)).app_context():
            words[language] = (
                gettext("this ERP link does not exist"),
                ngettext("every hour", "every %(num)s hours", 3),
            )
    assert words["en"] == ("this ERP link does not exist", "every 3 hours")
    assert words["de"][0] != words["en"][0]
    assert words["de"][1] == "alle 3 Stunden"


def test_it_answers_nothing(tmp_path: Path) -> None:
    app = wording_app(Settings(data_folder=tmp_path))
    assert list(app.url_map.iter_rules()) == []


def test_a_process_opens_the_database_the_key_and_the_plugins(sqlite_database: Database, tmp_path: Path) -> None:
    runtime = open_runtime(Settings(data_folder=tmp_path), sqlite_database)
    assert runtime.database is sqlite_database
    assert "workbook" in {connector.name for connector in runtime.plugins.connectors.values()}
    assert runtime.settings.files_root.is_dir()
    again = open_runtime(runtime.settings, sqlite_database, runtime.plugins)
    assert again.plugins is runtime.plugins
    assert again.secret_box.decrypt(runtime.secret_box.encrypt("s3cret")) == "s3cret"


def test_a_worker_process_does_not_load_the_web_application() -> None:
    loaded = "import sys, host.cli.serving, host.app.processes; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True, text=True).stdout.split()
    assert "host.jobs.worker" in modules
    assert not [name for name in modules if name.startswith("host.web") or name.endswith((".blueprint", ".factory"))]
