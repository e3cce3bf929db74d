"""`python -m sync_connectors.testing.reference` prints the page of the checks, kept as `docs/plugins/checks.md`."""

from sync_connectors.testing.checks import CHECKS_BY_SUBJECT

_INTRODUCTION = """\
# The checks of the conformance kit

What [the kit](testing.md) asks of a connector, subject by subject, and how to mend what fails. The contract that it
asks about has version 0.x. A check that **writes** creates records or changes those that the kit has created; it does
not apply where nothing may be written. What a connector does not declare does not apply either.

This page is made from the checks by `python -m sync_connectors.testing.reference`.
"""


def reference() -> str:
    """Return the page in Markdown."""
    lines = [_INTRODUCTION]
    for subject, checks in CHECKS_BY_SUBJECT.items():
        lines += [f"## {subject.capitalize()}", "", "| Check | Asks | To mend |", "|---|---|---|"]
        for check in checks:
            asks = f"**Writes.** {check.asks}" if check.writes else check.asks
            lines.append(f"| `{check.name}` | {_cell(asks)} | {_cell(check.mend)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")  # noqa: T201 - printing the page is what this module is run for
