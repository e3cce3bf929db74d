import pytest

from sync_connectors import UnavailableError
from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "EMAIL": "email"}


@pytest.fixture
def stage(sqlite_stage: Stage) -> Stage:
    """SQLite only: what is decided here hangs on no database."""
    return sqlite_stage


def paired(stage: Stage, two_way: tuple[str, ...] = (), policy: str = "priority") -> int:
    stage.map("Customer", CUSTOMER, two_way=two_way, policy=policy)
    stage.server.put("Customer", "C1", {"NAME": "Alfa", "EMAIL": "base@alfa.example"})
    stage.run()
    company_id: int = stage.hub()[0]["id"]
    return company_id


def test_of_a_one_way_field_only_the_source_counts(stage: Stage) -> None:
    company_id = paired(stage)
    stage.edit("company", company_id, email="typed@alfa.example")
    stage.server.put("Customer", "C1", {})
    stage.run()
    # the ERP did not change, so what a user typed stays
    assert stage.hub()[0]["email"] == "typed@alfa.example"
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})
    stage.run()
    assert stage.hub()[0]["email"] == "erp@alfa.example"
    entry = stage.log("changed")[-1]
    assert (entry.old, entry.new, entry.reason) == ("typed@alfa.example", "erp@alfa.example", "one_way")


def test_a_two_way_field_that_only_the_hub_changed_stays_and_goes_to_the_erp(stage: Stage) -> None:
    company_id = paired(stage, two_way=("EMAIL",))
    stage.edit("company", company_id, email="typed@alfa.example")
    stage.server.put("Customer", "C1", {"NAME": "Alfa A/S"})
    stage.run()
    assert (stage.hub()[0]["name"], stage.hub()[0]["email"]) == ("Alfa A/S", "typed@alfa.example")
    assert stage.server.records["Customer"]["C1"].values["EMAIL"] == "typed@alfa.example"
    assert stage.pairings()["C1"].base_erp["EMAIL"] == "typed@alfa.example"


def test_both_sides_changed_to_the_same_is_settled_without_a_write(stage: Stage) -> None:
    company_id = paired(stage, two_way=("EMAIL",))
    stage.edit("company", company_id, email="same@alfa.example")
    version = stage.hub()[0]["version"]
    stage.server.put("Customer", "C1", {"EMAIL": "same@alfa.example"})
    run = stage.run()
    assert run.counts == {"read": 1, "equal": 1, "erp_read": 1, "erp_equal": 1}
    assert "save" not in stage.connector_calls
    assert stage.hub()[0]["version"] == version
    assert stage.pairings()["C1"].base_erp["EMAIL"] == "same@alfa.example"


@pytest.mark.parametrize(("erp_first", "winner"), [(True, "erp@alfa.example"), (False, "typed@alfa.example")])
def test_both_sides_changed_differently_and_the_higher_rank_wins(stage: Stage, erp_first: bool, winner: str) -> None:
    company_id = paired(stage, two_way=("EMAIL",))
    stage.rank(*((stage.link_id, None) if erp_first else (None, stage.link_id)))
    stage.edit("company", company_id, email="typed@alfa.example")
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})

    stage.run()

    assert stage.hub()[0]["email"] == winner
    reasons = [entry.reason for entry in stage.log("changed")]
    assert reasons == ["erp_ranks_higher" if erp_first else "crm_ranks_higher"]
    assert stage.server.records["Customer"]["C1"].values["EMAIL"] == winner
    assert stage.pairings()["C1"].base_erp["EMAIL"] == winner


def test_a_hub_value_competes_with_the_rank_of_its_origin(stage: Stage) -> None:
    company_id = paired(stage, two_way=("EMAIL",))
    stage.rank(None, stage.link_id)
    stage.edit("company", company_id, origin="link:99", email="other@erp.example")
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})
    stage.run()
    # the value in the hub came from a link that ranks behind this one, although the CRM ranks before it
    assert stage.hub()[0]["email"] == "erp@alfa.example"


@pytest.mark.parametrize(("policy", "winner"), [("erp", "erp@alfa.example"), ("crm", "typed@alfa.example")])
def test_a_policy_of_the_field_decides_before_the_rank(stage: Stage, policy: str, winner: str) -> None:
    company_id = paired(stage, two_way=("EMAIL",), policy=policy)
    stage.rank(*((None, stage.link_id) if policy == "erp" else (stage.link_id, None)))
    stage.edit("company", company_id, email="typed@alfa.example")
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})
    stage.run()
    assert stage.hub()[0]["email"] == winner


def test_a_hub_value_that_won_is_looked_at_anew_until_the_erp_has_it(stage: Stage) -> None:
    company_id = paired(stage, two_way=("EMAIL",), policy="crm")
    stage.edit("company", company_id, email="typed@alfa.example")
    stage.server.put("Customer", "C1", {"EMAIL": "erp@alfa.example"})
    stage.server.fail_once["save"] = UnavailableError("closed", unsent=True)
    assert stage.run().outcome == "aborted"
    pairing = stage.pairings()["C1"]
    assert (pairing.content_hash, pairing.base_erp["EMAIL"]) == (None, "base@alfa.example")

    assert stage.run().outcome == "success"

    pairing = stage.pairings()["C1"]
    assert pairing.base_erp["EMAIL"] == "typed@alfa.example"
    assert pairing.content_hash is not None
