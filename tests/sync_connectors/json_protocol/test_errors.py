"""Errors keep their class and all they carry on the way."""

import pytest

from sync_connectors import (
    AuthenticationError,
    ConfigurationError,
    ConnectorError,
    ProtocolError,
    RateLimitedError,
    RejectedRecordError,
    UnavailableError,
    UnknownLinkError,
)
from sync_connectors.json_protocol.errors import CLASSES, error_from_json, error_to_json, status_of
from sync_connectors.json_protocol.reading import MessageError
from tests.sync_connectors.json_protocol.schema import SCHEMA, checked

ERRORS = [
    (ConfigurationError("wrong", fields={"File": "is missing"}, instruction="mend it", technical="E1"), 422),
    (AuthenticationError("refused", fields={"Pin": "is wrong"}), 422),
    (UnavailableError("down"), 503),
    (UnavailableError("down", unsent=True, technical="refused"), 503),
    (RateLimitedError("wait", retry_after=1.5), 429),
    (RateLimitedError("wait", retry_after=0.0), 429),
    (RateLimitedError("wait"), 429),
    (RejectedRecordError("no", field="NAME", instruction="shorten it"), 409),
    (ProtocolError("garbage"), 502),
    (UnknownLinkError("who?"), 404),
    (ConnectorError("something"), 500),
]


@pytest.mark.parametrize(("error", "status"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_is_read_as_it_was_written(error, status):
    read = error_from_json(checked("error", error_to_json(error)))
    assert type(read) is type(error)
    assert vars(read) == vars(error)
    assert status_of(error) == status


def test_every_class_of_the_contract_has_a_name_on_the_wire():
    def subclasses(class_):
        return {class_}.union(*map(subclasses, class_.__subclasses__()))

    contract = {one for one in subclasses(ConnectorError) if one.__module__ == "sync_connectors.contract.errors"}
    assert {class_ for class_, _status in CLASSES.values()} == contract
    assert set(CLASSES) == set(SCHEMA["$defs"]["error"]["properties"]["error"]["properties"]["class"]["enum"])


def test_a_subclass_travels_as_the_class_that_the_host_knows():
    class LockedError(RateLimitedError):
        pass

    read = error_from_json(error_to_json(LockedError("locked", retry_after=9)))
    assert type(read) is RateLimitedError
    assert read.retry_after == 9


@pytest.mark.parametrize(
    "message",
    [None, [], {}, {"error": "x"}, {"error": {"class": "poem", "text": "x"}}, {"error": {"class": "protocol"}}],
)
def test_what_tells_no_error_is_refused(message):
    with pytest.raises(MessageError, match="no error"):
        error_from_json(message)


def test_attributes_of_a_wrong_type_are_left_out():
    told = {"class": "rate_limited", "text": "wait", "retry_after": "soon", "instruction": 7}
    read = error_from_json({"error": told})
    assert (read.retry_after, read.instruction) == (None, "")
    assert error_from_json({"error": {"class": "configuration", "text": "x", "fields": 7}}).fields == {}
