import re
from pathlib import Path

import sync_connectors
from sync_connectors import ConnectorError

PAGE = (Path(__file__).parents[2] / "docs" / "plugins" / "errors.md").read_text(encoding="utf-8")


def test_the_table_of_errors_says_what_the_classes_say() -> None:
    exported = [getattr(sync_connectors, name) for name in sync_connectors.__all__]
    kinds = [kind for kind in exported if isinstance(kind, type) and issubclass(kind, ConnectorError)]
    declared = {(kind.__name__, kind.__bases__[0].__name__, kind.effect) for kind in kinds}
    assert set(re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE)) == declared
    assert len({kind.effect for kind in kinds}) == len(kinds), "each class has an effect of its own"
