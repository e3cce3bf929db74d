"""The features of the web application, in the order in which they are set up."""

from collections.abc import Callable

from flask import Flask

from host.settings import Settings

FEATURES: tuple[Callable[[Flask, Settings], None], ...] = ()
