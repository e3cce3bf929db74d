"""The test methods that mostly read."""

from sync_connectors.testing.checks import (
    configuring,
    declaring,
    lists,
    loading,
    operators,
    paging,
    parents,
    reading,
    searching,
)
from sync_connectors.testing.suite.judged import JudgedConnector


class ReadingTests(JudgedConnector):
    """Configuration, declarations, reading, searching and load; a reference is created where one is declared."""

    def test_configuration_is_declared(self) -> None:
        self.judge(configuring.configuration_is_declared)

    def test_configuration_is_accepted(self) -> None:
        self.judge(configuring.configuration_is_accepted)

    def test_configuration_lists_have_items(self) -> None:
        self.judge(configuring.configuration_lists_have_items)

    def test_wrong_configuration_is_refused(self) -> None:
        self.judge(configuring.wrong_configuration_is_refused)

    def test_refusal_names_the_field(self) -> None:
        self.judge(configuring.refusal_names_the_field)

    def test_wrong_secret_is_an_authentication_error(self) -> None:
        self.judge(configuring.wrong_secret_is_an_authentication_error)

    def test_refusal_keeps_the_secret(self) -> None:
        self.judge(configuring.refusal_keeps_the_secret)

    def test_unknown_link_is_told(self) -> None:
        self.judge(configuring.unknown_link_is_told)

    def test_actor_types_are_offered(self) -> None:
        self.judge(declaring.actor_types_are_offered)

    def test_capabilities_agree(self) -> None:
        self.judge(declaring.capabilities_agree)

    def test_fields_are_declared(self) -> None:
        self.judge(declaring.fields_are_declared)

    def test_searchable_fields_are_declared(self) -> None:
        self.judge(declaring.searchable_fields_are_declared)

    def test_lists_have_items(self) -> None:
        self.judge(lists.lists_have_items)

    def test_items_by_key_are_those_of_the_list(self) -> None:
        self.judge(lists.items_by_key_are_those_of_the_list)

    def test_records_are_well_formed(self) -> None:
        self.judge(reading.records_are_well_formed)

    def test_values_are_declared(self) -> None:
        self.judge(reading.values_are_declared)

    def test_asked_fields_are_present(self) -> None:
        self.judge(reading.asked_fields_are_present)

    def test_get_returns_the_same_records(self) -> None:
        self.judge(reading.get_returns_the_same_records)

    def test_timestamps_are_the_same_everywhere(self) -> None:
        self.judge(reading.timestamps_are_the_same_everywhere)

    def test_few_fields_can_be_asked_for(self) -> None:
        self.judge(reading.few_fields_can_be_asked_for)

    def test_keys_stay_the_same(self) -> None:
        self.judge(reading.keys_stay_the_same)

    def test_unknown_keys_are_left_out(self) -> None:
        self.judge(reading.unknown_keys_are_left_out)

    def test_times_of_change_are_told(self) -> None:
        self.judge(reading.times_of_change_are_told)

    def test_list_values_are_listed(self) -> None:
        self.judge(reading.list_values_are_listed)

    def test_paging_is_declared(self) -> None:
        self.judge(paging.paging_is_declared)

    def test_total_covers_the_pass(self) -> None:
        self.judge(paging.total_covers_the_pass)

    def test_resumed_pass_loses_nothing(self) -> None:
        self.judge(paging.resumed_pass_loses_nothing)

    def test_resumed_pass_goes_on(self) -> None:
        self.judge(paging.resumed_pass_goes_on)

    def test_unknown_cursor_is_refused(self) -> None:
        self.judge(paging.unknown_cursor_is_refused)

    def test_parents_are_there(self) -> None:
        self.judge(parents.parents_are_there)

    def test_search_by_parent_stays_below_it(self) -> None:
        self.judge(parents.search_by_parent_stays_below_it)

    def test_empty_text_finds_records(self) -> None:
        self.judge(searching.empty_text_finds_records)

    def test_text_finds_its_record(self) -> None:
        self.judge(searching.text_finds_its_record)

    def test_no_restrictions_find_records(self) -> None:
        self.judge(searching.no_restrictions_find_records)

    def test_restrictions_are_joined_by_and(self) -> None:
        self.judge(searching.restrictions_are_joined_by_and)

    def test_search_ignores_case(self) -> None:
        self.judge(searching.search_ignores_case)

    def test_signs_are_taken_literally(self) -> None:
        self.judge(searching.signs_are_taken_literally)

    def test_reference_finds_its_record(self) -> None:
        self.judge(searching.reference_finds_its_record)

    def test_text_operators_find(self) -> None:
        self.judge(operators.text_operators_find)

    def test_number_operators_find(self) -> None:
        self.judge(operators.number_operators_find)

    def test_time_operators_find(self) -> None:
        self.judge(operators.time_operators_find)

    def test_truth_operators_find(self) -> None:
        self.judge(operators.truth_operators_find)

    def test_list_operators_find(self) -> None:
        self.judge(operators.list_operators_find)

    def test_between_includes_both_ends(self) -> None:
        self.judge(operators.between_includes_both_ends)

    def test_link_can_be_saved_again(self) -> None:
        self.judge(loading.link_can_be_saved_again)

    def test_sessions_are_independent(self) -> None:
        self.judge(loading.sessions_are_independent)

    def test_parallel_calls_agree(self) -> None:
        self.judge(loading.parallel_calls_agree)

    def test_full_read_is_cheap(self) -> None:
        self.judge(loading.full_read_is_cheap)
