"""The kind of blueprint that resources of the API are made of."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from host.api.parsing import StrictParser
from host.schemas import Schema

PREFIX = "/api/v1"


class ApiBlueprint(Blueprint):
    """A blueprint of flask-smorest that reads strictly and is known in the documentation by its plain name."""

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, resource: str, url_prefix: str, description: str) -> None:
        # the pages of a feature have a blueprint too, and names must differ
        super().__init__(f"api_{resource}", __name__, url_prefix=f"{PREFIX}{url_prefix}", description=description)
        self.resource = resource

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        provide_automatic_options: bool | None = None,
        *,
        parameters: list[Any] | None = None,
        tags: list[str] | None = None,
        **options: Any,
    ) -> None:
        super().add_url_rule(
            rule,
            endpoint,
            view_func,
            provide_automatic_options,
            parameters=parameters,
            tags=tags or [self.resource],
            **options,
        )
        if "<" in f"{self.url_prefix}{rule}":
            self._document_not_found(self._endpoints[-1])

    def _document_not_found(self, endpoint: str) -> None:
        for operation in self._docs[endpoint].values():
            if isinstance(operation, dict):
                operation.setdefault("manual_doc", {}).setdefault("responses", {})["404"] = "NOT_FOUND"

    def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> Callable[..., Any]:
        """Read a schema from a part of the request; everywhere but in JSON the values come as texts."""
        if location != "json" and isinstance(schema, type) and issubclass(schema, Schema):
            schema = schema(reads_text=True)
        decorate: Callable[..., Any] = super().arguments(schema, location=location, **options)
        return decorate


def api_blueprint(resource: str, url_prefix: str, description: str = "") -> ApiBlueprint:
    """Return the blueprint of a resource.

    Args:
        resource: Its plain name, `companies` for one; the tag in the documentation.
        url_prefix: Its path below `/api/v1`, such as `/companies`.
        description: One sentence for the documentation.
    """
    return ApiBlueprint(resource, url_prefix, description)
