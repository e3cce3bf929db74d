from erp_links.links.models import ErpLink
from erp_links.sync.brake import Allowance, Brake
from tests.erp_links.sync.stage import Stage
from tests.erp_links.sync.test_load import counted


def pair(stage: Stage, keys: range) -> None:
    for number in keys:
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.run()


def allowance_of(stage: Stage, percent: int, least: int) -> Allowance:
    link = ErpLink(id=stage.link_id, brake_percent=percent, brake_least=least)
    return Allowance(stage.database, link)


def test_a_share_of_the_paired_records_may_change_and_at_least_so_many(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    pair(stage, range(40))
    share = allowance_of(stage, percent=30, least=3)
    assert [changed for changed in range(1, 41) if share.covers(changed)] == list(range(1, 13))
    assert share.limit == 12
    assert allowance_of(stage, percent=30, least=20).covers(20)
    assert not allowance_of(stage, percent=30, least=20).covers(21)


def test_records_that_the_run_itself_has_paired_count_as_paired(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    pair(stage, range(10))
    share = allowance_of(stage, percent=30, least=1)
    assert not share.covers(4)
    pair(stage, range(10, 100))
    assert share.covers(30)
    assert not share.covers(31)


def test_a_run_that_changes_little_does_not_count_all_pairings(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name"})
    pair(stage, range(150))
    share = allowance_of(stage, percent=50, least=2)
    brake = Brake(share)
    with counted(stage.database) as statements:
        brake.take(2)
        assert statements == []
        brake.take(3)
        # a hundred of them are enough to know that ten times as many may change
        assert share.limit == 50
        brake.take(45)
    assert len([statement for statement in statements if statement.startswith("SELECT")]) == 1
