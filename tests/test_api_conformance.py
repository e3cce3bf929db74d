"""Schemathesis over the whole API: whatever is sent, no operation fails, and each answers as its document says."""

from dataclasses import dataclass

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import Case, GenerationMode, checks
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi import checks as openapi_checks

from erp_links.links.models import LinkAccess
from host.accounts.models import TokenScope
from host.app import create_app
from host.database import Database
from host.settings import Settings
from tests.accounts import make_token
from tests.world import make_world

PLAIN_EXAMPLES = 2
"""Valid requests, and as many broken ones, for an operation that takes nothing but numbers in its path."""
SEED = 20_260_331
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]


def profile(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@dataclass(frozen=True)
class ApiCaller:
    """Calls the operations of an API as an administrator who sees the link of the world."""

    app: Flask
    headers: dict[str, str]
    ids: dict[str, int | str]

    def document(self) -> BaseSchema:
        config = SchemathesisConfig(seed=SEED)
        # a change of another version is refused before its content is looked at
        config.projects.default.checks.negative_data_rejection.expected_statuses.append("412")
        return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", self.app, config=config)

    def statuses_of(self, operation: APIOperation, examples: int) -> set[int]:
        """Call an operation with invented requests, check each answer, and return the statuses.

        So many requests are valid and about things that are there, and as many are not.
        """
        seen: set[int] = set()
        asked = examples if operation.body or operation.query else PLAIN_EXAMPLES
        known = {name: value for name, value in self.ids.items() if f"{{{name}}}" in operation.path}
        valid = operation.as_strategy(generation_mode=GenerationMode.POSITIVE, path_parameters=known)
        broken = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        def ask(case: Case) -> None:
            case.headers.pop("Cookie", None)
            seen.add(case.call_and_validate(headers=self.headers, checks=CHECKS).status_code)

        def ask_for_the_present_version(case: Case) -> None:
            if "If-Match" in case.headers:
                case.headers["If-Match"] = self.version_of(case.formatted_path)
            ask(case)

        for strategy, call in ((valid, ask_for_the_present_version), (broken, ask)):
            seed(SEED)(profile(asked)(given(case=strategy)(call)))()
        return seen

    def version_of(self, path: str) -> str:
        """Return the ETag of a resource, or of the one that it is a part of."""
        while path:
            answer = self.app.test_client().get(path, headers=self.headers)
            if "ETag" in answer.headers:
                return answer.headers["ETag"]
            path = path.rpartition("/")[0]
        return '"1"'


@pytest.fixture
def caller(sqlite_database: Database, tmp_path) -> ApiCaller:
    world = make_world(sqlite_database, tmp_path)
    with sqlite_database.writing() as session:
        session.add(LinkAccess(link_id=world.ids["link_id"], user_id=world.administrator.id))
    app = create_app(Settings(data_folder=tmp_path, tests_per_minute=10_000), sqlite_database)
    token = make_token(sqlite_database, world.administrator, TokenScope.ADMIN)
    return ApiCaller(app, {"Authorization": f"Bearer {token}"}, world.ids)


@pytest.mark.parametrize("examples", [4, pytest.param(40, marks=pytest.mark.long)])
def test_no_operation_fails_and_each_answers_as_documented(caller, subtests, examples):
    operations = [result.ok() for result in caller.document().get_all_operations()]
    assert len(operations) > 30
    # what was deleted can no longer be tried, so deletions come last
    for operation in sorted(operations, key=lambda each: each.method == "delete"):
        with subtests.test(operation.label):
            seen = caller.statuses_of(operation, examples)
            assert seen - {401, 403, 404}, "no call reached anything"
