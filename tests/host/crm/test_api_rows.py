"""Lines of orders over the API: a list of objects, each with the key of its row."""

from pathlib import Path
from typing import Any

import pytest

from host.accounts.models import TokenScope
from host.app.factory import create_app
from host.database import Database
from host.settings import Settings
from tests.accounts import ApiClient, api_client, make_user

PATH = "/sales-orders"


@pytest.fixture
def api(sqlite_hub: Database, tmp_path: Path) -> ApiClient:
    app = create_app(Settings(data_folder=tmp_path), sqlite_hub)
    return api_client(app, sqlite_hub, make_user(sqlite_hub, "ada"), TokenScope.WRITE)


def added(api: ApiClient, *lines: dict[str, Any]) -> dict[str, Any]:
    answer = api.post(PATH, json={"number": "900", "lines": list(lines)})
    assert answer.status_code == 201, answer.get_json()
    return dict(answer.get_json())


def changed(api: ApiClient, order: dict[str, Any], **values: Any) -> Any:
    return api.patch(f"{PATH}/{order['id']}", json=values, headers={"If-Match": f'"{order["version"]}"'})


def test_lines_are_given_with_or_without_keys_and_answered_with_them(api: ApiClient) -> None:
    order = added(
        api,
        {"key": "10", "item_number": "A-1", "quantity": "4.50", "unit": "pcs", "delivery_date": "2026-04-01"},
        {"description": "Text"},
    )
    first, second = order["lines"]
    assert (first["key"], first["quantity"], first["delivery_date"], first["price"]) == (
        "10",
        "4.50",
        "2026-04-01",
        None,
    )
    assert second["key"]
    assert api.get(f"{PATH}/{order['id']}").get_json()["lines"] == order["lines"]
    [listed] = api.get(PATH).get_json()["items"]
    assert listed["lines"] == order["lines"]


def test_lines_that_are_absent_stay_and_those_that_are_given_are_all(api: ApiClient) -> None:
    order = added(api, {"key": "10", "item_number": "A-1", "notes": "kept"}, {"key": "20"})
    named = changed(api, order, your_reference="PO-1").get_json()
    assert named["lines"] == order["lines"]
    fewer = changed(api, named, lines=[{"item_number": "A-3"}, {"key": "10", "item_number": "A-2"}]).get_json()
    new, kept = fewer["lines"]
    assert (kept["key"], kept["item_number"], kept["notes"]) == ("10", "A-2", "kept")
    assert (new["item_number"], new["key"] in {"10", "20"}) == ("A-3", False)
    same = changed(api, fewer, lines=fewer["lines"]).get_json()
    assert same["version"] == fewer["version"]
    assert changed(api, same, lines=None).get_json()["lines"] == []


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ([{"quantity": "4"}, {"quantity": "many"}], "lines.1.quantity"),
        ([{"key": "10"}, {"key": "20", "unit": "furlong"}], "lines.1.unit"),
        ([{"unit": "furlong"}], "lines.0.unit"),
        ([{"key": "10"}, {"key": "10"}], "lines.1.key"),
        ([{"key": "+1"}], "lines.0.key"),
        ([{"key": "a\u0007b"}], "lines.0"),
        ([{"colour": "red"}], "lines.0.colour"),
        ("none", "lines"),
        ([{}] * 1001, "lines"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(api: ApiClient, lines: Any, place: str) -> None:
    refused = api.post(PATH, json={"number": "900", "lines": lines})
    assert refused.status_code == 422
    assert {fault["field"] for fault in refused.get_json()["errors"]} == {place}


def test_an_upsert_that_is_repeated_changes_nothing_though_its_lines_have_no_keys(api: ApiClient) -> None:
    lines = [{"item_number": "A-1", "quantity": "1"}, {"item_number": "A-2", "unit": "furlong"}]
    sent = {"source": "shop", "items": [{"external_id": "o-1", "values": {"number": "900", "lines": lines}}]}
    [refused] = api.post(f"{PATH}/upsert", json=sent).get_json()["items"]
    assert (refused["outcome"], list(refused["errors"])) == ("refuse", ["lines.1.unit"])
    lines[1]["unit"] = "pcs"
    outcomes = [api.post(f"{PATH}/upsert", json=sent).get_json()["items"][0]["outcome"] for _time in range(2)]
    assert outcomes == ["create", "equal"]


def test_orders_are_found_by_whether_they_have_lines_and_not_sorted_by_them(api: ApiClient) -> None:
    added(api)
    full = added(api, {"item_number": "A-1"})
    found = api.get(f"{PATH}?filter=lines:filled").get_json()["items"]
    assert [order["id"] for order in found] == [full["id"]]
    assert api.get(f"{PATH}?sort=lines").status_code == 422
    assert api.get(f"{PATH}?filter=lines:equals:1").status_code == 422
