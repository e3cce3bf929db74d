"""What becomes of each behaviour of the server: a table of `docs/security.md`, which a test compares with this one."""

from dataclasses import dataclass

from sync_connectors import AuthenticationError, ConnectorError, ProtocolError, RateLimitedError, UnavailableError
from sync_connectors.probing import Outcome

SLOW, RETRIED, QUICK = 0.4, 9.0, 10.0
"""Deadlines of calls: of those that are to reach it, of those that fail and are made again, and of all others."""


@dataclass(frozen=True)
class Case:
    """One behaviour and its defined answers.

    Attributes:
        error: What a call raises, None where it gets its answer.
        words: Part of the error's text.
        probe: What the address of the server is said to answer; None where only streams behave so.
        seconds: Deadline of the call.
        megabytes: By which the memory in use may grow at most.
        harmless_for: Calls that get their answer all the same.
    """

    name: str
    error: type[ConnectorError] | None
    words: str = ""
    probe: Outcome | None = None
    seconds: float = QUICK
    megabytes: float = 40.0
    harmless_for: tuple[str, ...] = ()

    @property
    def run(self) -> tuple[str, str]:
        """Outcome of a run that meets it, and why its link is paused then."""
        if self.error is None:
            return "success", ""
        if issubclass(self.error, AuthenticationError):
            return "failed", "authentication"
        return ("aborted" if issubclass(self.error, UnavailableError) else "failed"), ""


def _late(name: str) -> Case:
    return Case(name, UnavailableError, "gave no complete answer within", Outcome.TIMED_OUT, SLOW)


def _broken(name: str) -> Case:
    return Case(name, UnavailableError, "broke off", Outcome.BROKEN, RETRIED)


def _large(name: str) -> Case:
    return Case(name, ProtocolError, "larger than 64 MiB", Outcome.TOO_LARGE, megabytes=160.0)


def _no_json(name: str) -> Case:
    return Case(name, ProtocolError, "it is no JSON", Outcome.WRONG_ANSWER)


def _wrong(name: str, words: str, outcome: Outcome = Outcome.WRONG_ANSWER) -> Case:
    return Case(name, ProtocolError, words, outcome)


def _good(name: str) -> Case:
    return Case(name, None, "", Outcome.DESCRIPTOR)


CASES = (
    _late("byte by byte"),
    _late("never"),
    _late("body never ends"),
    _late("header without an end"),
    _late("100 Continue for ever"),
    _large("10 GB"),
    _large("chunks without an end"),
    _large("gzip bomb"),
    _large("gzip bomb in a gzip bomb"),
    _wrong("packed a hundred times", "it cannot be unpacked"),
    _wrong("said to be packed", "it cannot be unpacked"),
    _broken("header of 10 GB"),
    _broken("headers without an end"),
    _broken("chunk size of 10 GB"),
    _wrong("nested 1,000 deep", "nested more than 32 deep"),
    _no_json("nested a million deep"),
    Case("six million values", ProtocolError, "it holds too many values", Outcome.TOO_LARGE, megabytes=160.0),
    _no_json("invalid UTF-8"),
    _no_json("half a surrogate pair"),
    _wrong("a member twice", "names a member twice"),
    _no_json("NaN"),
    _no_json("Infinity"),
    _no_json("number beyond all range"),
    Case("number of 10 million digits", ProtocolError, "it is no JSON", Outcome.TOO_LARGE, megabytes=160.0),
    _wrong("a list in place of an object", "it is no JSON object"),
    _wrong("a text in place of an object", "it is no JSON object"),
    _no_json("nothing"),
    Case(
        "members of other types",
        ProtocolError,
        "does not answer as the JSON protocol wants",
        Outcome.WRONG_ANSWER,
        harmless_for=("delete_link",),  # which wants no answer
    ),
    _wrong("web page", "it answers text/html in place of"),
    _wrong("redirect to itself", "it leads to another address", Outcome.REDIRECTED),
    _wrong("redirect to another host", "it leads to another address", Outcome.REDIRECTED),
    _wrong("redirect to a metadata address", "it leads to another address", Outcome.REDIRECTED),
    _wrong("redirect to nowhere", "it leads to another address", Outcome.REDIRECTED),
    Case("401", AuthenticationError, "refused the access token", Outcome.STATUS),
    _wrong("404", "it answers with the status 404", Outcome.STATUS),
    Case("429 for 1e30 seconds", RateLimitedError, "asks us to wait", Outcome.STATUS),
    Case("500", UnavailableError, "answers with the status 500", Outcome.STATUS),
    _broken("status 99999"),
    _good("cookies"),
    _good("header with line breaks"),
    _good("two answers to one call"),
    _wrong("two lengths", "it is no HTTP that we know", Outcome.BROKEN),
    _broken("too short by one byte"),
    _broken("cut in the middle"),
    _broken("hangs up"),
    _broken("resets"),
    _broken("does it and resets"),
    _broken("another protocol"),
    Case("repeats secrets in an error", UnavailableError, "refused *** with", Outcome.WRONG_ANSWER, RETRIED),
    Case("repeats secrets in a refusal", AuthenticationError, "refused *** with", Outcome.WRONG_ANSWER),
    _wrong("repeats the token in an answer", "it repeats the access token"),
    Case("line breaks in an error", UnavailableError, "later  2026-01-01 CRITICAL forged x", Outcome.STATUS, RETRIED),
)


def _in_stream(name: str, words: str) -> Case:
    return Case(name, ProtocolError, words, megabytes=60.0)


def _not_of_its_type(name: str, column: str) -> Case:
    return _in_stream(name, f"the column {column} holds what is not of its type")


STREAM_CASES = (
    Case("pages out of order", None),
    Case("pages that overlap", None),
    _in_stream("a page repeated", "the same resume cursor twice"),
    _in_stream("a cursor that never advances", "the same resume cursor twice"),
    Case("a page behind the last one", None),
    Case("no end", UnavailableError, "its last page does not say where to go on"),
    _in_stream("another stream", "a page is no object"),
    _in_stream("a record twice in a page", "twice"),
    _in_stream("a key that is a number", "keys is no list of texts"),
    _in_stream("an empty key", "whose key is empty"),
    _in_stream("records of another type", "a record of type Person"),
    _in_stream("columns of different lengths", "not all as long as the keys"),
    _in_stream("values that are a list", "values is no object"),
    _in_stream("an absent value that is not there", "absent names a place"),
    _in_stream("a cursor that is a number", "resume is no text"),
    _in_stream("a total that is a text", "total is no whole number"),
    _in_stream("a total of 1e30", "total is no whole number"),
    _in_stream("text with a null character", "null character"),
    _in_stream("text of 2 MB", "2000000 characters"),
    _in_stream("text that is a number", "field NAME is of type int"),
    _in_stream("number that is a text", "field ORDERS is of type str"),
    _in_stream("integer beyond 64 bits", "field ORDERS is of type float"),
    _in_stream("integer beyond 63 bits", "out of range"),
    _not_of_its_type("decimal that is NaN", "CREDIT"),
    _not_of_its_type("decimal that is infinite", "CREDIT"),
    _in_stream("decimal of 1e1000000000", "too many digits"),
    _in_stream("decimal of 1e-1000000000", "too many digits"),
    _not_of_its_type("decimal of 10 million digits", "CREDIT"),
    _not_of_its_type("decimal that is a float", "CREDIT"),
    _not_of_its_type("date that is none", "SINCE"),
    _not_of_its_type("time beyond the calendar", "CHANGED"),
    _not_of_its_type("time without a zone", "CHANGED"),
    _not_of_its_type("type that there is not", "NAME"),
    Case("field that nobody declared", None),
    _not_of_its_type("mark that there is not", "NAME"),
    _in_stream("marks in one another", "field NAME is of type Rows"),
)
