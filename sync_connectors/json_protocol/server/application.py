"""The calls of the protocol as a Flask application over one connector, with nothing else in it."""

from collections.abc import Iterable
from contextlib import ExitStack
from uuid import UUID

from flask import Blueprint, Flask, Response, current_app, request
from flask_babel import Babel

from host.logs import requests as request_logs
from host.settings import Settings
from sync_connectors.json_protocol.calls import (
    CONFIGURATION_LIST,
    SAVE_LINK,
    SESSION_CALLS,
    STREAM_ARGUMENTS,
    TEST_CONFIGURATION,
    arguments_from_json,
)
from sync_connectors.json_protocol.media import (
    DESCRIPTOR_TYPE,
    HEALTH,
    LARGEST_MESSAGE,
    LINKS,
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    SESSIONS,
    STREAM_TYPE,
    Stream,
)
from sync_connectors.json_protocol.reading import MessageError, encode, read_text
from sync_connectors.json_protocol.server.admission import HOLDER
from sync_connectors.json_protocol.server.answers import answer, answer_of, init_answers, takes_gzip
from sync_connectors.json_protocol.server.asked import SETTINGS, body, call_number, seconds_given, session_id
from sync_connectors.json_protocol.server.bodies import BodyError
from sync_connectors.json_protocol.server.served import ServedConnector
from sync_connectors.json_protocol.server.sessions import SessionKey
from sync_connectors.json_protocol.server.store import LinkKey, ServedLink
from sync_connectors.json_protocol.server.streaming import lines, packed
from sync_connectors.json_protocol.server.underway import CallsUnderWay, StoppingError

_SERVED = "tieline_served_connector"
_CALLS = "tieline_calls_under_way"
_LONGEST_NAME = 254
LARGEST_LINK = 1024 * 1024
"""Bytes of a link's configuration, which is kept."""

blueprint = Blueprint("connector", __name__)


def create_application(served: ServedConnector, settings: Settings, calls: CallsUnderWay) -> Flask:
    """Return the application; `Admission` has to stand before it.

    Args:
        served: What the calls work on.
        settings: Of this process.
        calls: Tells when the server is about to stop.
    """
    app = Flask("host", static_folder=None, template_folder=None)  # whose translations the texts of errors have
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_MESSAGE, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.extensions[SETTINGS] = settings
    app.extensions[_SERVED] = served
    app.extensions[_CALLS] = calls
    Babel(app, default_locale=settings.language)
    request_logs.init_app(app, settings)
    init_answers(app)
    app.register_blueprint(blueprint)
    return app


def _quoted(paths: Iterable[str]) -> str:
    """Return the arguments of a route's converter that takes these parts of a path."""
    return ",".join(f'"{path}"' for path in paths)


@blueprint.before_app_request
def check_request() -> None:
    """Refuse a call while the server stops, and one of another version of the protocol.

    A page in a browser cannot send the header that tells the version, so that none can make calls in secret.
    """
    if _calls().stopping:
        raise StoppingError("the connector's server is being stopped")
    version = request.headers.get(PROTOCOL_HEADER, PROTOCOL_VERSION if request.method == "GET" else "")
    if version != PROTOCOL_VERSION:
        raise MessageError(f"the header {PROTOCOL_HEADER} has to be {PROTOCOL_VERSION}")


@blueprint.get("/")
def describe() -> Response:
    """Tell which connector is served."""
    return answer(_served().descriptor().to_json(), DESCRIPTOR_TYPE)


@blueprint.get(f"/{HEALTH}")
def health() -> Response:
    """Tell that the server is alive, to whoever asks."""
    return answer({"status": "ok"})


@blueprint.post(f"/{TEST_CONFIGURATION.path}")
def test_configuration() -> Response:
    """Try a configuration."""
    arguments = TEST_CONFIGURATION.arguments_from_json(body())
    tested = _served().test_configuration(**arguments, seconds=seconds_given())
    return answer_of(TEST_CONFIGURATION.answer_to_json, tested)


@blueprint.post(f"/{CONFIGURATION_LIST.path}")
def list_configuration() -> Response:
    """Return the items of a list of the configuration."""
    arguments = CONFIGURATION_LIST.arguments_from_json(body())
    items = _served().configuration_list(**arguments, seconds=seconds_given())
    return answer_of(CONFIGURATION_LIST.answer_to_json, items)


@blueprint.put(f"/{LINKS}/<uuid:guid>")
def save_link(guid: UUID) -> Response:
    """Keep a link, or its new configuration."""
    message = body()
    SAVE_LINK.arguments_from_json(message)  # refused here, and not when the link is used
    name = read_text(message.get("name", ""), "name")[:_LONGEST_NAME]
    if len(encode(message)) > LARGEST_LINK:
        raise BodyError(f"a link has more than {LARGEST_LINK // 1024} KiB", 413)
    link = ServedLink(message["configuration"], message["time_zone"], name)
    return answer_of(SAVE_LINK.answer_to_json, _served().save_link(_link(guid), link, seconds_given()))


@blueprint.delete(f"/{LINKS}/<uuid:guid>")
def delete_link(guid: UUID) -> Response:
    """Forget a link."""
    _served().delete_link(_link(guid), seconds_given())
    return answer({})


@blueprint.delete(f"/{LINKS}/<uuid:guid>/{SESSIONS}/<id_>")
def end_session(guid: UUID, id_: str) -> Response:
    """Close a session."""
    _served().sessions.end(SessionKey(_link(guid), session_id(id_)))
    return answer({})


@blueprint.post(f"/{LINKS}/<uuid:guid>/<any({_quoted(SESSION_CALLS)}):path>")
def call_session(guid: UUID, path: str) -> Response:
    """Do one call of the contract."""
    call = SESSION_CALLS[path]
    arguments = call.arguments_from_json(body())
    key = SessionKey(_link(guid), session_id())
    with _served().calling(key, call_number(), seconds_given()) as opened:
        return answer_of(call.answer_to_json, getattr(opened.session, call.method)(**arguments))


@blueprint.post(f"/{LINKS}/<uuid:guid>/<any({_quoted(Stream)}):path>")
def stream_session(guid: UUID, path: str) -> Response:
    """Send what changed or was deleted, page by page."""
    stream = Stream(path)
    arguments = arguments_from_json(STREAM_ARGUMENTS[stream], body())
    key = SessionKey(_link(guid), session_id())
    with ExitStack() as held:
        opened = held.enter_context(_served().calling(key, call_number(), seconds_given()))
        written = lines(stream, getattr(opened.session, stream.value)(**arguments), _calls())
        response = Response(packed(written) if takes_gzip() else written, content_type=STREAM_TYPE)
        if takes_gzip():
            response.headers["Content-Encoding"] = "gzip"
        response.call_on_close(held.pop_all().close)  # also when nobody reads to the end
    return response


def _link(guid: UUID) -> LinkKey:
    return LinkKey(request.environ[HOLDER], str(guid))


def _served() -> ServedConnector:
    served: ServedConnector = current_app.extensions[_SERVED]
    return served


def _calls() -> CallsUnderWay:
    calls: CallsUnderWay = current_app.extensions[_CALLS]
    return calls
