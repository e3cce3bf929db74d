"""The ways in which the server misbehaves, by name; `cases` says what becomes of each.

A behaviour gets the connection and the good answer, which is only made, and the call only done, where it is asked for.
It returns True where the connection is used on; everything else closes it.
"""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from itertools import repeat
from typing import Any

from tests.hostile.line import Good, Line

Behaviour = Callable[[Line, Callable[[], Good]], Any]
MEGABYTE = 2**20
TEN_GIGABYTES = 10 * 2**30

_FOUND = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n"


# -- time --------------------------------------------------------------------------------------------------------------


def byte_by_byte(line: Line, good: Callable[[], Good]) -> None:
    told = good().sent()
    line.send_each((told[place : place + 1] for place in range(len(told))), pause=0.05)


def never(line: Line, _good: Callable[[], Good]) -> None:
    line.wait()


def body_never(line: Line, good: Callable[[], Good]) -> None:
    line.send(good().sent()[:-1])
    line.wait()


def header_without_end(line: Line, _good: Callable[[], Good]) -> None:
    line.send(b"HTTP/1.1 200 OK\r\nX: ")
    line.drip(b"x")


def wait_a_moment_for_ever(line: Line, _good: Callable[[], Good]) -> None:
    line.drip(b"HTTP/1.1 100 Continue\r\n\r\n")


# -- size --------------------------------------------------------------------------------------------------------------


def ten_gigabytes(line: Line, good: Callable[[], Good]) -> None:
    told = good()
    line.send(replace(told, body=b"").sent(Content_Length=TEN_GIGABYTES))
    line.send_each(repeat(b" " * MEGABYTE, TEN_GIGABYTES // MEGABYTE))


def without_end(line: Line, good: Callable[[], Good]) -> None:
    line.send(replace(good(), body=b"").sent(Content_Length=None, Transfer_Encoding="chunked"))
    line.send_each(repeat(b"100000\r\n" + b" " * MEGABYTE + b"\r\n", TEN_GIGABYTES // MEGABYTE))


@cache
def _packed(wraps: int) -> bytes:
    """Return 10 GB of blanks, packed so many times over: the parts of a gzip stream may come as often as one likes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    part = packer.compress(b" " * (16 * MEGABYTE)) + packer.flush()
    for _wrap in range(wraps - 1):
        packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
        part = packer.compress(part * (TEN_GIGABYTES // (16 * MEGABYTE))) + packer.flush()
    return part


def gzip_bomb(line: Line, good: Callable[[], Good]) -> None:
    line.send(replace(good(), body=b"").sent(Content_Length=None, Content_Encoding="gzip"))
    line.send_each(repeat(_packed(1), TEN_GIGABYTES // (16 * MEGABYTE)))


def gzip_bomb_in_a_gzip_bomb(line: Line, good: Callable[[], Good]) -> None:
    line.send(replace(good(), body=_packed(2)).sent(Content_Encoding="gzip, gzip"))


def packed_a_hundred_times(line: Line, good: Callable[[], Good]) -> bool:
    line.send(good().sent(Content_Encoding=", ".join(["gzip"] * 100)))
    return True


def not_packed(line: Line, good: Callable[[], Good]) -> bool:
    line.send(good().sent(Content_Encoding="gzip"))
    return True


def huge_header(line: Line, _good: Callable[[], Good]) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.send_each(repeat(b"X" * MEGABYTE, TEN_GIGABYTES // MEGABYTE))


def headers_without_end(line: Line, _good: Callable[[], Good]) -> None:
    line.send(b"HTTP/1.1 200 OK\r\n")
    line.send_each(repeat(b"X: y\r\n" * 1000, TEN_GIGABYTES))


def huge_chunk_size(line: Line, good: Callable[[], Good]) -> None:
    line.send(replace(good(), body=b"").sent(Content_Length=None, Transfer_Encoding="chunked"))
    line.send_each(repeat(b"0" * MEGABYTE, TEN_GIGABYTES // MEGABYTE))


# -- messages ----------------------------------------------------------------------------------------------------------


def _message(message: bytes) -> Behaviour:
    def behave(line: Line, good: Callable[[], Good]) -> bool:
        line.send(good().with_message(message).sent())
        return True

    return behave


def _changed(change: Callable[[bytes], bytes]) -> Behaviour:
    def behave(line: Line, good: Callable[[], Good]) -> bool:
        line.send(good().changed(change).sent())
        return True

    return behave


def _with_member(member: bytes) -> Callable[[bytes], bytes]:
    """Return what puts a member into the outermost object."""
    return lambda body: b"{" + member + (b"," if body.lstrip(b"{ ")[:1] != b"}" else b"") + body[1:]


def web_page(line: Line, good: Callable[[], Good]) -> bool:
    line.send(replace(good(), body=b"<!DOCTYPE html><html><body>Please sign in").sent(Content_Type="text/html"))
    return True


# -- HTTP --------------------------------------------------------------------------------------------------------------


def _redirect(target: bytes) -> Behaviour:
    def behave(line: Line, _good: Callable[[], Good]) -> bool:
        line.send(_FOUND % target)
        return True

    return behave


def _status(status: str, body: bytes = b"", **headers: str) -> Behaviour:
    def behave(line: Line, _good: Callable[[], Good]) -> bool:
        line.send(Good(status, {"Content-Type": "application/json"}, body).sent(**headers))
        return True

    return behave


def _headers(**headers: str) -> Behaviour:
    def behave(line: Line, good: Callable[[], Good]) -> bool:
        line.send(good().sent(**headers))
        return True

    return behave


def two_answers(line: Line, good: Callable[[], Good]) -> bool:
    told = good()
    line.send(told.sent() + replace(told, status="500 Internal Server Error", body=b"{}").sent())
    return True


def two_lengths(line: Line, good: Callable[[], Good]) -> None:
    told = good()
    line.send(told.sent(Content_Length=f"{len(told.body)}\r\nContent-Length: 3"))


def too_long_by_one(line: Line, good: Callable[[], Good]) -> None:
    told = good()
    line.send(told.sent(Content_Length=len(told.body) + 1))
    line.end()


def cut_in_the_middle(line: Line, good: Callable[[], Good]) -> None:
    told = good().sent()
    line.send(told[: -1 - (len(told.partition(b"\r\n\r\n")[2]) // 2)])
    line.end()


def hangs_up(line: Line, _good: Callable[[], Good]) -> None:
    line.end()


def resets(line: Line, _good: Callable[[], Good]) -> None:
    line.reset()


def done_and_hung_up(line: Line, good: Callable[[], Good]) -> None:
    good()
    line.reset()


def another_protocol(line: Line, _good: Callable[[], Good]) -> None:
    line.send(b"220 mail.example ESMTP ready\r\n")
    line.end()


# -- secrets -----------------------------------------------------------------------------------------------------------

TOLD = "canary-token/8%+", "canary-password-9"
_ERROR = (
    b'{"error":{"class":"%s","text":"refused %s with %s","instruction":"try %s","technical":"%s","fields":{"%s":"%s"}}}'
)


def _echo(class_: bytes) -> bytes:
    token, password = (text.encode() for text in TOLD)
    return _ERROR % (class_, token, password, password, token, token, password)


FORGED = rb'{"error":{"class":"unavailable","text":"later\r\n2026-01-01 CRITICAL forged\u2028x","instruction":"a\nb"}}'

BEHAVIOURS: Mapping[str, Behaviour] = {
    "byte by byte": byte_by_byte,
    "never": never,
    "body never ends": body_never,
    "header without an end": header_without_end,
    "100 Continue for ever": wait_a_moment_for_ever,
    "10 GB": ten_gigabytes,
    "chunks without an end": without_end,
    "gzip bomb": gzip_bomb,
    "gzip bomb in a gzip bomb": gzip_bomb_in_a_gzip_bomb,
    "packed a hundred times": packed_a_hundred_times,
    "said to be packed": not_packed,
    "header of 10 GB": huge_header,
    "headers without an end": headers_without_end,
    "chunk size of 10 GB": huge_chunk_size,
    "nested 1,000 deep": _message(b'{"a":' * 1_000 + b"1" + b"}" * 1_000),
    "nested a million deep": _message(b"[" * 1_000_000),
    "six million values": _message(b'{"a":[' + b"0," * 6_000_000 + b"0]}"),
    "invalid UTF-8": _changed(_with_member(b'"note":"\xff\xfe"')),
    "half a surrogate pair": _changed(_with_member(rb'"note":"\ud800"')),
    "a member twice": _changed(_with_member(b'"note":1,"note":1')),
    "NaN": _changed(_with_member(b'"note":NaN')),
    "Infinity": _changed(_with_member(b'"note":-Infinity')),
    "number beyond all range": _changed(_with_member(b'"note":1e999')),
    "number of 10 million digits": _changed(_with_member(b'"note":' + b"9" * 10_000_000)),
    "a list in place of an object": _message(b"[]"),
    "a text in place of an object": _message(b'"done"'),
    "nothing": _message(b""),
    "members of other types": _message(
        b'{"protocol":7,"page":7,"records":7,"actor":7,"actor_types":7,"fields":7,"keys":7,"items":7,"details":7}'
    ),
    "web page": web_page,
    "redirect to itself": _redirect(b"/"),
    "redirect to another host": _redirect(b"https://elsewhere.example/"),
    "redirect to a metadata address": _redirect(b"http://169.254.169.254/latest/meta-data/"),
    "redirect to nowhere": _redirect(b"http://[::1"),
    "401": _status("401 Unauthorized", b'{"error":{"class":"unavailable","text":"later"}}'),
    "404": _status("404 Not Found"),
    "429 for 1e30 seconds": _status("429 Too Many Requests", Retry_After="1" + "0" * 30),
    "500": _status("500 Internal Server Error", b"<html>"),
    "status 99999": _status("99999 What"),
    "cookies": _headers(Set_Cookie="canary=1; Path=/; Max-Age=9999", Set_Cookie2="canary=2"),
    "header with line breaks": _headers(X_Note="a\r\n b\r\n\tc", X_Other="d\re"),
    "two answers to one call": two_answers,
    "two lengths": two_lengths,
    "too short by one byte": too_long_by_one,
    "cut in the middle": cut_in_the_middle,
    "hangs up": hangs_up,
    "resets": resets,
    "does it and resets": done_and_hung_up,
    "another protocol": another_protocol,
    "repeats secrets in an error": _status("503 Service Unavailable", _echo(b"unavailable")),
    "repeats secrets in a refusal": _status("422 Unprocessable", _echo(b"authentication")),
    "repeats the token in an answer": _changed(_with_member(b'"note":"' + TOLD[0].encode() + b'"')),
    "line breaks in an error": _status("503 Service Unavailable", FORGED),
}
