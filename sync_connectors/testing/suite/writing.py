"""The test methods that write."""

from sync_connectors.testing.checks import (
    creating,
    rows,
    saving,
    values,
    watermarks,
)
from sync_connectors.testing.suite.reading import ReadingTests


class ConnectorTests(ReadingTests):
    """The conformance kit as a test class: all checks, each a test method, skipped where it does not apply.

    A subclass whose name begins with `Test` sets `connector` and `configuration`; see `JudgedConnector` for the rest.
    """

    def test_created_record_is_there(self) -> None:
        self.judge(creating.created_record_is_there)

    def test_created_record_keeps_its_values(self) -> None:
        self.judge(creating.created_record_keeps_its_values)

    def test_created_record_has_its_timestamp(self) -> None:
        self.judge(creating.created_record_has_its_timestamp)

    def test_missing_mandatory_field_is_refused(self) -> None:
        self.judge(creating.missing_mandatory_field_is_refused)

    def test_created_record_has_its_parent(self) -> None:
        self.judge(creating.created_record_has_its_parent)

    def test_saved_value_is_kept(self) -> None:
        self.judge(saving.saved_value_is_kept)

    def test_absent_fields_stay(self) -> None:
        self.judge(saving.absent_fields_stay)

    def test_save_renews_the_timestamp(self) -> None:
        self.judge(saving.save_renews_the_timestamp)

    def test_saved_record_has_its_timestamp(self) -> None:
        self.judge(saving.saved_record_has_its_timestamp)

    def test_stale_save_is_refused(self) -> None:
        self.judge(saving.stale_save_is_refused)

    def test_unknown_record_is_rejected(self) -> None:
        self.judge(saving.unknown_record_is_rejected)

    def test_rejection_leaves_the_others(self) -> None:
        self.judge(saving.rejection_leaves_the_others)

    def test_batch_is_saved(self) -> None:
        self.judge(saving.batch_is_saved)

    def test_letters_are_kept(self) -> None:
        self.judge(values.letters_are_kept)

    def test_signs_are_kept(self) -> None:
        self.judge(values.signs_are_kept)

    def test_blanks_are_saved(self) -> None:
        self.judge(values.blanks_are_saved)

    def test_longest_text_is_kept(self) -> None:
        self.judge(values.longest_text_is_kept)

    def test_too_long_text_is_told(self) -> None:
        self.judge(values.too_long_text_is_told)

    def test_numbers_are_exact(self) -> None:
        self.judge(values.numbers_are_exact)

    def test_truths_are_exact(self) -> None:
        self.judge(values.truths_are_exact)

    def test_times_are_exact(self) -> None:
        self.judge(values.times_are_exact)

    def test_rows_are_kept(self) -> None:
        self.judge(rows.rows_are_kept)

    def test_row_keys_stay(self) -> None:
        self.judge(rows.row_keys_stay)

    def test_absent_rows_are_removed(self) -> None:
        self.judge(rows.absent_rows_are_removed)

    def test_watermark_narrows_the_pass(self) -> None:
        self.judge(watermarks.watermark_narrows_the_pass)

    def test_changes_after_the_watermark_come(self) -> None:
        self.judge(watermarks.changes_after_the_watermark_come)

    def test_changes_during_the_pass_come(self) -> None:
        self.judge(watermarks.changes_during_the_pass_come)

    def test_deletions_name_what_is_gone(self) -> None:
        self.judge(watermarks.deletions_name_what_is_gone)
