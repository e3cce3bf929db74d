"""Checks of what the next pass brings: changes since the watermark, deletions, and what changes meanwhile."""

from sync_connectors.contract.answers import Page
from sync_connectors.testing.check import type_check
from sync_connectors.testing.outcomes import apply_if, require
from sync_connectors.testing.passes import Pass
from sync_connectors.testing.records import TypeBench

_ROUNDS = 2


@type_check(
    mend="Compare with the watermark in the ERP's query. Where the ERP has nothing to compare with, give no watermark.",
)
def watermark_narrows_the_pass(kind: TypeBench) -> None:
    """A pass from the latest watermark, with nothing changed, does not bring everything again."""
    _ = kind.records
    if kind.bench.setup.may_write and kind.able.save and kind.able.create:
        # a test ERP was often filled in one moment, which the watermark must be past before it can tell anything
        kind.change(kind.own(), **{kind.text_field.key: kind.made(kind.text_field)})
    whole = kind.read_pass(most=kind.bench.setup.most_records)
    count = len(whole.records)
    apply_if(whole.complete, "there are too many records to read all")
    apply_if(whole.watermark is not None, "it gives no watermark, so every pass reads everything")
    apply_if(count > 1, "a single record may come again")
    again = len(kind.read_pass(whole.watermark).records)
    require(again < count, f"of {count} records all come again, although nothing has changed")


@type_check(
    mend="Bring what changed on or after the watermark (>=, not >). Two changes may have the same time.",
    writes=True,
)
def changes_after_the_watermark_come(kind: TypeBench) -> None:
    """What is created or saved in the very moment of the watermark comes in the next pass."""
    apply_if(kind.first_pass.complete, "there are too many records to read all")
    own = kind.own()
    field = kind.text_field
    for _ in range(_ROUNDS):
        kind.change(kind.read(own.key), **{field.key: kind.made(field)})
        watermark = kind.read_pass().watermark
        wanted = kind.change(kind.read(own.key), **{field.key: kind.made(field)}).values.get(field.key)
        come = kind.read_pass(watermark).records
        require(own.key in come, f"{own.key} was saved directly after a pass, and the next pass does not bring it")
        found = come[own.key].values.get(field.key)
        require(found == wanted, f"{own.key} was saved directly after a pass, and the next pass brings the old value")


@type_check(
    mend="Take the watermark when the pass begins, before the first page is read, and carry it in the cursor.",
    writes=True,
)
def changes_during_the_pass_come(kind: TypeBench) -> None:
    """What changes while a pass is under way comes in that pass or in the next one."""
    apply_if(kind.first_pass.complete, "there are too many records to read all")
    apply_if(len(kind.first_pass.pages) > 1, "all records came in one page")
    own, field = kind.own(), kind.text_field
    seen: list[Page] = []
    with kind.bench.another_session() as session:
        for page in session.changes(kind.name, None, None, kind.field_keys):
            if not seen:
                wanted = kind.change(kind.read(own.key), **{field.key: kind.made(field)}).values.get(field.key)
            seen.append(page)
    whole = Pass(tuple(seen), complete=True)
    come = {**whole.records, **kind.read_pass(whole.watermark).records}
    found = come[own.key].values.get(field.key) if own.key in come else None
    require(found == wanted, f"{own.key} was saved behind the first page, and neither that pass nor the next brings it")


@type_check(
    mend="Report a key only while its record is gone.",
)
def deletions_name_what_is_gone(kind: TypeBench) -> None:
    """Deletions can be read where they are declared, and name no record that is there."""
    apply_if(kind.able.deletions, "it declares no deletions")
    gone = [key for page in kind.bench.session.deletions(kind.name, None, None) for key in page.keys]
    there = sorted(kind.get(gone, kind.field_keys[:1]))
    require(not there, f"{', '.join(there[:5])} is reported as deleted, and get returns it")


CHECKS = (
    watermark_narrows_the_pass,
    changes_after_the_watermark_come,
    changes_during_the_pass_come,
    deletions_name_what_is_gone,
)
