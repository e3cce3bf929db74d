"""Only what an ERP is about to hear has to outlive a crash of the database; anything else is done again."""

from sqlalchemy import Connection, event

from tests.erp_links.sync.stage import Stage

CUSTOMER = {"NAME": "name", "EMAIL": "email"}


def how_commits_are_waited_for(stage: Stage) -> list[str]:
    """Return a list that fills with the setting of each commit of a run and the points that it reaches."""
    told: list[str] = []

    def begin_waiting(connection: Connection) -> None:
        # the databases of the tests wait for nothing
        connection.exec_driver_sql("SET synchronous_commit = on")

    def note(connection: Connection) -> None:
        told.append(connection.exec_driver_sql("SHOW synchronous_commit").scalar_one())

    event.listen(stage.database.engine, "begin", begin_waiting)
    event.listen(stage.database.engine, "commit", note)
    return told


def test_pages_do_not_wait_for_the_disk_and_announcements_do(postgres_stage: Stage) -> None:
    stage = postgres_stage
    stage.map("Customer", CUSTOMER, two_way=list(CUSTOMER), push="create")
    stage.server.put("Customer", "C0", {"NAME": "Alfa"})
    told = how_commits_are_waited_for(stage)
    stage.run(told.append)
    stage.edit("company", stage.hub()[0]["id"], name="Beta")
    stage.add("company", name="Gamma")
    stage.run(told.append)

    def before(point: str) -> set[str]:
        return {told[place - 1] for place, each in enumerate(told) if each == point}

    assert before("page committed") == {"off"}
    assert before("intents stored") == {"on"}
    assert before("batch committed") == {"off"}
    assert before("pass completed") == {"off"}


def test_who_gives_the_lease_back_waits_for_all_that_was_written_under_it(postgres_stage: Stage) -> None:
    stage = postgres_stage
    stage.map("Customer", CUSTOMER)
    stage.server.put("Customer", "C0", {"NAME": "Alfa"})
    told = how_commits_are_waited_for(stage)
    stage.run(told.append)
    # the database keeps the order of commits, so the last one brings those before it to the disk
    assert told[-2:] == ["off", "on"]
