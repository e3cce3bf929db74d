from dataclasses import replace

import pytest

from erp_links.mapping.declared import DeclaredLink
from erp_links.mapping.operations import save_mapping
from erp_links.mapping.policies import Policy, policies_of, policy_words
from erp_links.mapping.schemas import MappingInput
from host.errors import InvalidInputError
from host.schemas import load
from sync_connectors import Capabilities
from tests.emulators.plain_server import ACTOR_TYPES, FIELDS, SEARCHABLE
from tests.erp_links.mapping.stored import ADMINISTRATOR, DECLARED, stored_link, type_row

WITH_TIMES = DeclaredLink(
    tuple(replace(each, capabilities=Capabilities(save=True, create=True, clock_times=True)) for each in ACTOR_TYPES),
    FIELDS,
    SEARCHABLE,
)
WITHOUT_TIMES = replace(
    DECLARED,
    actor_types=tuple(replace(each, capabilities=Capabilities(save=True, create=True)) for each in ACTOR_TYPES),
)


def save(session, link, **field):
    values = {"actor_types": [{"name": "Customer", "fields": [{"key": "NAME", **field}]}]}
    return save_mapping(session, ADMINISTRATOR, link, load(MappingInput, values))


def policy(session, link):
    return next(each for each in type_row(session, link).fields if each.key == "NAME").policy


def test_a_field_that_goes_both_ways_may_choose_who_wins(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session, declared=WITH_TIMES)
        save(session, link, to_crm=True, to_erp=True)
        assert policy(session, link) == "priority"
        for chosen in Policy:
            save(session, link, policy=chosen.value)
            assert policy(session, link) == chosen


def test_the_newest_needs_times_that_can_be_compared(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session, declared=WITHOUT_TIMES)
        with pytest.raises(InvalidInputError) as caught:
            save(session, link, to_crm=True, to_erp=True, policy="newest")
        assert caught.value.errors == {
            "actor_types.0.fields.0.policy": [
                "the ERP does not tell when a record was changed, so the newest is not known"
            ]
        }
    assert Policy.NEWEST not in policies_of(WITHOUT_TIMES.actor_types[0])


def test_a_field_that_goes_one_way_has_nothing_to_choose(sqlite_database):
    with sqlite_database.writing() as session:
        link = stored_link(session)
    with sqlite_database.writing() as session, pytest.raises(InvalidInputError, match="both"):
        save(session, link, to_crm=True, to_erp=False, policy="erp")
    with sqlite_database.writing() as session:
        save(session, link, to_crm=True, to_erp=True, policy="erp")
        save(session, link, to_erp=False)
        assert policy(session, link) == "priority"


def test_every_policy_has_words():
    assert all(policy_words(each.value) != each.value for each in Policy)
