"""The page of the audit log."""

from flask import Flask

from host.api import register_api
from host.audit import api
from host.settings import Settings


def init_app(app: Flask, _settings: Settings) -> None:
    """Set up the audit log's page and API."""
    register_api(app, api.blueprint)
