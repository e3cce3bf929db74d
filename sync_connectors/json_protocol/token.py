"""The access token of a server, which is shown to it and to nobody else, whatever the server makes of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from host.logs import redact, redacted
from sync_connectors.contract.errors import ConfigurationError, ConnectorError
from sync_connectors.json_protocol.reading import MessageError, encode

_SHORTEST_LOOKED_FOR = 8
"""Characters; a shorter token may well stand in an answer by chance."""


class Token:
    """One access token, or none where the text is empty."""

    def __init__(self, text: str) -> None:
        self._text = text
        inside_json = encode({"": text})[len(b'{"":"') : -len(b'"}')]
        self._spellings = {inside_json, text.encode()} if len(text) >= _SHORTEST_LOOKED_FOR else set()

    def headers(self) -> dict[str, str]:
        """Return the headers that show it."""
        return {"Authorization": f"Bearer {self._text}"} if self._text else {}

    def refuse_in(self, body: bytes) -> None:
        """Do nothing where an answer does not repeat the token.

        Raises:
            MessageError: It does; labels and records are shown to people who must not see it.
        """
        if any(spelling in body for spelling in self._spellings):
            raise MessageError("it repeats the access token")

    @contextmanager
    def hidden(self) -> Iterator[None]:
        """Mask the token in errors of the contract that leave the block."""
        try:
            yield
        except ConnectorError as error:
            with redact([self._text]):  # not around the block, which may be a stream that several threads read
                _mask(error)
            raise


def _mask(error: ConnectorError) -> None:
    error.text, error.instruction, error.technical = map(redacted, (error.text, error.instruction, error.technical))
    error.args = (error.text,)
    if isinstance(error, ConfigurationError):
        error.fields = {redacted(key): redacted(words) for key, words in error.fields.items()}
