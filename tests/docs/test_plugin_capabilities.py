import re
from dataclasses import fields

from sync_connectors import Capabilities
from tests.docs.greenbook import PAGES

ROWS = re.findall(
    r"^\| `(\w+)` \| `([^`]*)` \| .+ \| .+ \|$", (PAGES / "capabilities.md").read_text("utf-8"), re.MULTILINE
)
DEFAULT_TEXTS = {"": '""'}


def test_the_table_of_capabilities_has_each_one_of_the_code_with_its_default() -> None:
    declared = [(field.name, DEFAULT_TEXTS.get(field.default, str(field.default))) for field in fields(Capabilities)]
    assert declared == ROWS
