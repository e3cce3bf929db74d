"""The features of the web application, in the order in which they are set up."""

from collections.abc import Callable

from flask import Flask

from host.app import address
from host.logs import requests as request_logs
from host.settings import Settings

FEATURES: tuple[Callable[[Flask, Settings], None], ...] = (
    address.init_app,
    request_logs.init_app,
)
