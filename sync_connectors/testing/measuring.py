"""Services that count the requests of a connector."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import requests

from sync_connectors.services import HostServices


@dataclass
class MeasuredServices(HostServices):
    """The services of one session.

    Attributes:
        answers: How many answers came over HTTP so far.
    """

    answers: int = 0

    @cached_property
    def http(self) -> requests.Session:
        """The one road out, with a counter in it."""
        session = super().http
        session.hooks["response"].append(self._count)
        return session

    def _count(self, response: requests.Response, **_options: Any) -> requests.Response:
        self.answers += 1
        return response
