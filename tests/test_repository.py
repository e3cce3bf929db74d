"""The shape of the repository itself: sizes, names, floors, lock file and commands."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from statistics import median

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CHECKOUT = Path(__file__).parents[1]
PACKAGES = ("host", "sync_connectors", "erp_links", "plugins")
SAYS_NOTHING = {"common", "helper", "helpers", "misc", "stuff", "util", "utils"}


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (CHECKOUT / folder).rglob("*.py"))


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_modules_are_small() -> None:
    written = [path for path in modules(*PACKAGES) if path.stat().st_size]
    lengths = {path.relative_to(CHECKOUT).as_posix(): length(path) for path in written}
    assert {name: lines for name, lines in lengths.items() if lines > 500} == {}
    assert median(lengths.values()) <= 110


def test_every_module_has_a_name_that_says_something() -> None:
    names = {part for path in modules(*PACKAGES, "tests") for part in path.relative_to(CHECKOUT).with_suffix("").parts}
    assert names & SAYS_NOTHING == set()


def test_nothing_is_left_unfinished_or_waived_without_a_reason() -> None:
    unfinished = re.compile(r"#.*\b(TODO|FIXME|XXX)\b|\bTODO\b")
    unexplained = re.compile(r"# (noqa|type: ignore)(: ?[A-Z0-9, ]+|\[[a-z, -]+\])?\s*$")
    found = [
        f"{path.relative_to(CHECKOUT)}:{number}: {line.strip()}"
        for path in modules(*PACKAGES, "tests")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if unfinished.search(line) or unexplained.search(line)
    ]
    assert found == []


def test_imports_go_down_the_floors_only() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([linter, "--no-logo"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout
    assert " 0 broken" in result.stdout


def test_every_rule_that_the_linter_leaves_out_has_its_reason_beside_it() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    rules = re.findall(r'^    "[A-Z]+[0-9]*",[^"\n]*$', text, flags=re.MULTILINE)
    assert len(rules) > 10
    assert [rule for rule in rules if not re.search(r"# \w+", rule)] == []


def locked() -> dict[str, str]:
    """Return the version of each locked distribution, by canonical name."""
    lines = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pinned = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^]]*\])?==(?P<version>[^ ;]+)")
    found = (pinned.match(line) for line in lines)
    return {canonicalize_name(match["name"]): match["version"] for match in found if match}


def test_every_locked_distribution_has_hashes() -> None:
    text = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    assert len(blocks) == len(re.findall(r"^[A-Za-z0-9][^\n]*==", text, flags=re.MULTILINE)) > 50
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_file_names_no_index() -> None:
    text = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
    assert re.findall(r"https?://\S+|file:\S+|--(?:extra-)?index-url.*|--find-links.*|--trusted-host.*", text) == []


def test_the_lock_file_holds_what_the_project_declares() -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [Requirement(text) for text in project["dependencies"] + project["optional-dependencies"]["dev"]]
    versions = locked()
    missing = [str(need) for need in wanted if versions.get(canonicalize_name(need.name), "") not in need.specifier]
    assert missing == [], "run `make lock`"


def test_make_help_lists_every_target_in_one_line_each() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE)
    output = subprocess.run(["make", "help"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    listed = dict(line.split(maxsplit=2)[1:] for line in output.splitlines())
    assert sorted(listed) == sorted(targets)
    assert all(listed.values())
    phony = re.search(r"^\.PHONY: (.*)$", makefile, flags=re.MULTILINE)
    assert phony
    assert sorted(phony[1].split()) == sorted(targets)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_readme_names_both_commands(target: str) -> None:
    assert f"make {target}" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
