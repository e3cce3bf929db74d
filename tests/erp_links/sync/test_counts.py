"""The counts of a run add up, as its page and the documents say."""

from collections import Counter

import pytest

from erp_links.sync.models import Run
from tests.erp_links.sync.stage import Stage

OUTCOMES = ("created", "paired", "changed", "equal", "skipped", "waiting", "failed")


def assert_adds_up(stage: Stage, run: Run) -> None:
    counts = run.counts
    assert counts.get("read", 0) == sum(counts.get(name, 0) for name in OUTCOMES)
    told = [*(f"erp_{name}" for name in OUTCOMES), "erp_unclear", "gone"]
    assert counts.get("erp_read", 0) == sum(counts.get(name, 0) for name in told)
    of_passes: Counter[str] = Counter()
    for each in stage.passes():
        if each.run_id == run.id:
            of_passes.update(each.counts)
            looked_at = each.counts.get("read", 0) + each.counts.get("erp_read", 0)
            assert each.total in {None, looked_at}
    assert of_passes == Counter(counts)


@pytest.mark.parametrize("count", [40, 260])
def test_a_first_import_of_a_two_way_mapping_looks_at_every_record_both_ways(stage: Stage, count: int) -> None:
    stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, two_way=["NAME", "EMAIL"])
    stage.declare(maximum_parallel_calls=4)
    stage.push_everything()
    for number in range(count):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}", "EMAIL": "a@b.example"})
    run = stage.run()
    assert run.counts == {"read": count, "created": count, "erp_read": count, "erp_equal": count}
    assert_adds_up(stage, run)


def test_a_run_that_changes_both_sides_and_settles_not_everything_adds_up(stage: Stage) -> None:
    stage.map("Customer", {"NAME": "name", "EMAIL": "email"}, two_way=["NAME"], push="create")
    for number in range(130):
        stage.server.put("Customer", f"C{number}", {"NAME": f"Alfa {number}"})
    stage.run()
    stage.change_link(brake_percent=100)
    for number, row in enumerate(stage.hub()):
        if number < 110:
            stage.edit("company", row["id"], name=f"Hub {number}")
    stage.server.put("Customer", "C120", {"EMAIL": "new@b.example"})
    stage.server.put("Customer", "C999", {"EMAIL": "nameless@b.example"})
    stage.server.refuse["C5"] = "locked"
    del stage.server.records["Customer"]["C6"]
    stage.add("company", name="New")
    run = stage.run()
    assert (run.counts["erp_read"], run.counts["erp_changed"], run.counts["erp_created"]) == (111, 108, 1)
    assert (run.counts["erp_failed"], run.counts["gone"], run.counts["failed"]) == (1, 1, 1)
    assert_adds_up(stage, run)
