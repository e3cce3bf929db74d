"""Reading what a request of the API sends."""

from typing import Any, NoReturn

from flask import Request
from flask_babel import gettext as _
from marshmallow import RAISE
from webargs.core import is_json
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType


class StrictParser(FlaskParser):
    """Refuses what others pass over: unknown parameters, bodies that are not JSON, JSON that breaks the reader."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": RAISE, "querystring": RAISE}

    def load_json(self, req: Request, schema: Any) -> Any:
        if req.get_data(cache=True) and not is_json(req.mimetype):
            raise UnsupportedMediaType(_("the body must be application/json"))
        try:
            return super().load_json(req, schema)
        except (ValueError, RecursionError) as error:  # numbers of thousands of digits, ten thousand brackets
            self._refuse(error, req)

    def _refuse(self, error: Exception, req: Request) -> NoReturn:
        self._handle_invalid_json_error(error, req)  # type: ignore[arg-type]  # it only chains the error
