import re
from pathlib import Path

from host import errors
from host.accounts.models import TokenScope
from host.api.idempotency import HEADER
from host.errors import TielineError
from host.paging import LARGEST_LIMIT

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


def test_every_error_of_the_api_is_on_the_page_with_its_status():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, TielineError)]
    told = set(re.findall(r"\| `([\w-]+)` \| (\d+) \|", PAGE))
    declared = {(kind.code, str(int(kind.api_status or kind.status))) for kind in kinds}
    assert declared == told


def test_scopes_headers_and_limits_are_those_of_the_code():
    assert all(f"`{scope.value}`" in PAGE for scope in TokenScope)
    assert HEADER in PAGE
    assert f"{LARGEST_LIMIT} at most" in PAGE
