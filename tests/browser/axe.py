"""What axe-core finds wrong with a page."""

from axe_playwright_python.base import AXE_SCRIPT
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


FIND = """async ([options, weighty]) => {
    const found = await axe.run(document, options);
    return found.violations.filter((violation) => weighty.includes(violation.impact)).flatMap((violation) =>
        violation.nodes.map((node) =>
            `${violation.id} (${violation.impact}): ${node.target.join(" ")}: ${node.failureSummary}`));
}"""
"""Only what is told leaves the browser: the full answer tells of every rule, and takes as long to carry as to find."""


def findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """Return the serious and critical findings, a line for each element; all rules unless some are named."""
    if page.evaluate("!window.axe"):
        page.evaluate(AXE_SCRIPT)
    only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": LEVELS}
    options = {"resultTypes": ["violations"], "runOnly": only}
    found: list[str] = page.evaluate(FIND, [options, sorted(WEIGHTY)])
    return found
