"""Accessibility of a page by axe-core, which an installed package ships; nothing is fetched."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SERIOUS = {"serious", "critical"}


def assert_accessible(page: Page, *, without: str = "") -> None:
    """Fail with every serious finding of axe-core on the page as it stands.

    The script reaches the page through the debugger, which the content security policy does not concern.

    Args:
        page: The page.
        without: A selector of what others have made and we only show.
    """
    page.wait_for_function("document.readyState === 'complete' && !document.querySelector('[aria-busy=true]')")
    page.evaluate(AXE_SCRIPT)
    context = {"exclude": [[without]]} if without else {}
    found = page.evaluate("context => axe.run(context, {resultTypes: ['violations']})", context)["violations"]
    faults = [
        f"{each['id']} ({each['impact']}): {node['html'][:200]}: {_message(node)}"
        for each in found
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]
    assert faults == [], f"{page.url}\n" + "\n".join(faults)


def _message(node: dict) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])
