"""All checks by subject, in the order in which they are asked: what others build on comes first."""

from collections.abc import Mapping

from sync_connectors.testing.check import Check
from sync_connectors.testing.checks import (
    configuring,
    creating,
    declaring,
    lists,
    loading,
    operators,
    paging,
    parents,
    reading,
    rows,
    saving,
    searching,
    values,
    watermarks,
)

CHECKS_BY_SUBJECT: Mapping[str, tuple[Check, ...]] = {
    "configuration": configuring.CHECKS,
    "declarations": declaring.CHECKS,
    "lists": lists.CHECKS,
    "reading": reading.CHECKS,
    "paging": paging.CHECKS,
    "parents": parents.CHECKS,
    "searching": searching.CHECKS,
    "operators": operators.CHECKS,
    "load": loading.CHECKS,
    "creating": creating.CHECKS,
    "saving": saving.CHECKS,
    "values": values.CHECKS,
    "rows": rows.CHECKS,
    "watermarks": watermarks.CHECKS,
}
CHECKS: tuple[Check, ...] = tuple(check for checks in CHECKS_BY_SUBJECT.values() for check in checks)
