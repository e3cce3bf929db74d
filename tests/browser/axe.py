"""What axe-core finds wrong with a page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WEIGHTY = {"serious", "critical"}
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

LEAVE_TWO_OF_A_KIND = """() => {
    const seen = new Map();
    for (const row of document.querySelectorAll("tbody > tr, .opblock")) {
        const shape = [row, ...row.querySelectorAll("*")]
            .map((each) => `${each.tagName} ${each.getAttribute("class")}`).join();
        seen.set(shape, (seen.get(shape) ?? 0) + 1);
        if (seen.get(shape) > 2) row.remove();
    }
}"""
"""Takes the rows of long lists away that are made of the same elements and classes as two before them."""


def findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return the serious and critical findings, a line for each element; all rules unless some are named."""
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": LEVELS}
    found: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": only}).response
    return [
        f"{violation['id']} ({violation['impact']}): {' '.join(node['target'])}: {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in WEIGHTY
        for node in violation["nodes"]
    ]
