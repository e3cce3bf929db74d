"""docs/plugins/contract.md is complete and says what the code says."""

import re
from pathlib import Path

import sync_connectors
from sync_connectors import OPERATORS, ConnectorError, FieldType, loading

PAGE = (Path(__file__).parents[2] / "docs" / "plugins" / "contract.md").read_text(encoding="utf-8")


def all_errors(root):
    return {root} | {found for kind in root.__subclasses__() for found in all_errors(kind)}


def test_every_public_name_of_the_contract_stands_on_the_page():
    assert [name for name in sync_connectors.__all__ if f"`{name}`" not in PAGE] == []


def test_the_page_says_what_must_be_written_and_what_where_it_is_declared():
    rows = re.findall(r"^\| `(Connector|LinkSession)` \| (`.*`) \| (.*`.*) \|$", PAGE, re.MULTILINE)
    assert [name for name, _always, _declared in rows] == ["Connector", "LinkSession"]
    for name, always, declared in rows:
        kind = getattr(sync_connectors, name)
        methods = {method for method, one in vars(kind).items() if callable(one) and not method.startswith("_")}
        assert re.findall(r"`(\w+)`", always) == sorted(kind.__abstractmethods__)
        assert set(re.findall(r"`(\w+)`", declared)) == methods - kind.__abstractmethods__


def test_the_page_names_each_field_type_once_with_its_python_type():
    named = re.findall(r"^\| `(\w+)` \| .* \| .*\|$", PAGE, re.MULTILINE)
    assert [name for name in named if name in set(FieldType)] == [str(kind) for kind in FieldType]


def test_the_table_of_operators_is_the_one_of_the_code():
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ((?:`[^`]+` ?)+) \|$", PAGE, re.MULTILINE)
    named = {
        FieldType(kind): set(re.findall(r"`([^`]+)`", operators))
        for kinds, operators in rows
        for kind in re.findall(r"`(\w+)`", kinds)
    }
    assert named == {kind: {str(one) for one in operators} for kind, operators in OPERATORS.items() if operators}


def test_every_class_of_connector_error_has_an_effect_of_its_own_and_is_public_or_explained():
    # a class without one is a signal within its package, and to the host what its base is
    errors = {kind for kind in all_errors(ConnectorError) if "effect" in vars(kind)}
    errors = {kind for kind in errors if not kind.__module__.startswith("tests.")}
    assert errors >= {getattr(sync_connectors, name) for name in sync_connectors.__all__ if name.endswith("Error")}
    assert len({kind.effect for kind in errors}) == len(errors)
    hosts_own = {kind for kind in errors if kind.__name__ not in sync_connectors.__all__}
    assert hosts_own == {loading.ConnectorMissingError}
    assert loading.ConnectorMissingError.effect in PAGE.replace("\n", " ")
