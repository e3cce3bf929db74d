"""The pages of accounts; each module adds its own to this blueprint."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
