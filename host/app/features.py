"""The features of the web application, in the order in which they are set up."""

from collections.abc import Callable

from flask import Flask

import host.app.address
import host.logs.requests
from host.settings import Settings

FEATURES: tuple[Callable[[Flask, Settings], None], ...] = (
    host.app.address.init_app,
    host.logs.requests.init_app,
)
