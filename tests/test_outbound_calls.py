"""Nothing of ours opens a connection beside the session factory of `host.outbound`: every module is read for that."""

import ast
from functools import cache
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[1]
PACKAGES = ("host", "sync_connectors", "erp_links", "plugins")

OUR_ROAD = "host/outbound/"

ROADS = {
    "aiohttp": None,
    "asyncio": {"open_connection", "open_unix_connection", "start_server"},
    "ftplib": None,
    "http.client": None,
    "http.server": None,
    "httpx": None,
    "imaplib": None,
    "nntplib": None,
    "paramiko": None,
    "poplib": None,
    "requests": {
        *("delete", "get", "head", "options", "patch", "post", "put", "request"),
        *("Session", "adapters", "api", "session", "sessions"),
    },
    "smtplib": None,
    "socket": {"create_connection", "create_server", "fromfd", "socket", "socketpair", "SocketType"},
    "socketserver": None,
    "ssl": {"SSLContext", "SSLSocket", "create_default_context", "get_server_certificate", "wrap_socket"},
    "telnetlib": None,
    "urllib.request": None,
    "urllib3": {
        *("HTTPConnectionPool", "HTTPSConnectionPool", "PoolManager", "ProxyManager", "connection"),
        *("connection_from_url", "connectionpool", "contrib", "poolmanager", "request", "util"),
    },
    "websocket": None,
    "websockets": None,
    "xmlrpc": None,
    "zeep": None,
}
"""Modules that can open connections, each with the names in it that do; None stands for all."""

REASONS = {
    ("host/app/demo/web_shop.py", "socket.create_server"): "finds a free port for the demo's second ERP",
    ("host/app/listening.py", "socket.create_connection"): "the supervisor knocks at its own web process",
    ("host/app/listening.py", "socket.create_server"): "tries whether the web process may listen, and calls nobody",
    ("host/cli/main.py", "importlib.import_module of a computed name"): "loads a command of ours, which it lists",
    ("sync_connectors/contract/services.py", "requests.Session"): "the type of what a plugin is handed",
    ("sync_connectors/json_protocol/server/running.py", "socket.create_server"): "a served connector listens",
    ("sync_connectors/json_protocol/server/running.py", "socket.socket"): "the type of the socket it listens on",
    ("sync_connectors/testing/measuring.py", "requests.Session"): "the type of the session whose calls are counted",
    ("sync_connectors/services.py", "requests.Session"): "the type of what the session factory opens",
}
"""Where such a name stands outside of our road all the same, and why that calls nobody."""


def names_in(source):
    """Yield the full names of all that a module imports and of the attributes of it that it uses."""
    tree = ast.parse(source)
    known = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                known[one.asname or one.name.partition(".")[0]] = one.name if one.asname else one.name.partition(".")[0]
                yield one.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                known[one.asname or one.name] = f"{node.module}.{one.name}"
                yield f"{node.module}.{one.name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield _dotted(node, known)
        elif isinstance(node, ast.Call):
            yield from _imported_by_name(node, known)


def _dotted(node, known):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    root = known.get(node.id, "") if isinstance(node, ast.Name) else ""
    return ".".join([root, *reversed(parts)]) if root else ""


def _imported_by_name(call, known):
    function = call.func
    name = function.id if isinstance(function, ast.Name) else _dotted(function, known)
    if known.get(name, name) in {"__import__", "importlib.import_module"} and call.args:
        given = call.args[0]
        # what cannot be read here could be anything; loading plugins goes through entry points and needs none of it
        yield given.value if isinstance(given, ast.Constant) else "importlib.import_module of a computed name"


def road_of(name):
    """Return the name that opens connections and that a full name leads to, or an empty text."""
    if name.startswith("importlib.import_module of"):
        return name
    for module, openers in ROADS.items():
        if name != module and not name.startswith(f"{module}."):
            continue
        if openers is None:
            return module
        first = name[len(module) + 1 :].partition(".")[0]
        if first in openers or first == "*":
            return f"{module}.{first}"
    return ""


def roads_in(source):
    return {road for name in names_in(source) if (road := road_of(name))}


@cache
def found_roads():
    return frozenset(_roads_of_all_modules())


def _roads_of_all_modules():
    for folder in PACKAGES:
        for path in sorted((CHECKOUT / folder).rglob("*.py")):
            name = path.relative_to(CHECKOUT).as_posix()
            if not name.startswith(OUR_ROAD):
                for road in sorted(roads_in(path.read_text(encoding="utf-8"))):
                    yield name, road


def test_no_module_opens_connections_beside_the_session_factory():
    assert sorted(found_roads() - set(REASONS)) == []


def test_each_exception_still_stands_in_the_code():
    assert sorted(set(REASONS) - found_roads()) == []


def test_our_road_is_seen_by_the_same_look():
    seen = {road for path in (CHECKOUT / OUR_ROAD).glob("*.py") for road in roads_in(path.read_text(encoding="utf-8"))}
    assert {"requests.Session", "socket.socket", "ssl.SSLContext", "urllib3.PoolManager"} <= seen


@pytest.mark.parametrize(
    ("source", "road"),
    [
        ("import requests\nrequests.get('http://x')", "requests.get"),
        ("import requests as web\nfetch = web.post", "requests.post"),
        ("from requests import Session", "requests.Session"),
        ("from requests.sessions import Session", "requests.sessions"),
        ("import requests\nclass Own(requests.Session): pass", "requests.Session"),
        ("from requests import *", "requests.*"),
        ("import urllib.request", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("from http import client", "http.client"),
        ("import http.client as line", "http.client"),
        ("import socket\nsocket.create_connection(('x', 1))", "socket.create_connection"),
        ("from socket import socket as line", "socket.socket"),
        ("import ssl\nssl.create_default_context()", "ssl.create_default_context"),
        ("from urllib3 import PoolManager", "urllib3.PoolManager"),
        ("from urllib3.util.connection import create_connection", "urllib3.util"),
        ("def late():\n    import httpx", "httpx"),
        ("import asyncio\nasyncio.open_connection('x', 1)", "asyncio.open_connection"),
        ("import importlib\nimportlib.import_module('httpx')", "httpx"),
        ("from importlib import import_module\nimport_module('socket.socket')", "socket.socket"),
        ("__import__('http.client')", "http.client"),
        ("import importlib\nimportlib.import_module(name)", "importlib.import_module of a computed name"),
    ],
)
def test_each_way_out_is_noticed(source, road):
    assert roads_in(source) == {road}


@pytest.mark.parametrize(
    "source",
    [
        "import requests\ntry: pass\nexcept requests.RequestException: pass",
        "import socket\nsocket.gethostname()",
        "from urllib.parse import urlsplit",
        "from http import HTTPStatus",
        "from urllib3.exceptions import HTTPError",
        "import ssl\nssl.SSLError",
        "answer = session.get('x')",
    ],
)
def test_what_opens_nothing_is_left_alone(source):
    assert roads_in(source) == set()
