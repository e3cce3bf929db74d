"""Who is let in."""

import ipaddress
from pathlib import Path

import pytest

from sync_connectors.json_protocol.server.credentials import ANONYMOUS, Credentials, CredentialsError, read_tokens

OFFICE = (ipaddress.ip_network("10.1.0.0/16"),)


def test_the_token_names_its_holder_and_any_other_is_turned_away(token_file: Path) -> None:
    known = Credentials(read_tokens(token_file))
    assert known.holder("Bearer token-of-nordwind-0001", "10.1.2.3") == "nordwind"
    assert known.holder("bearer  token-of-suedwind-0002 ", None) == "suedwind"
    for wrong in (
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer token-of-nordwind-0002",
        "Basic token-of-nordwind-0001",
        "token-of-nordwind-0001",
        "Bearer no token at all",
        "Bearer \udcff",
    ):
        assert known.holder(wrong, "127.0.0.1") is None, wrong


def test_a_network_is_let_in_without_a_token_but_not_with_a_wrong_one() -> None:
    known = Credentials({"nordwind": "token-of-nordwind-0001"}, OFFICE)
    assert known.holder(None, "10.1.2.3") == ANONYMOUS
    assert known.holder(None, "::ffff:10.1.2.3") == ANONYMOUS
    assert known.holder("Bearer token-of-nordwind-0001", "10.1.2.3") == "nordwind"
    for address in ("10.2.0.1", "", None, "somewhere"):
        assert known.holder(None, address) is None, address
    assert known.holder("Bearer wrong", "10.1.2.3") is None


def test_a_file_that_others_may_read_is_refused(token_file: Path) -> None:
    token_file.chmod(0o640)
    with pytest.raises(CredentialsError, match="chmod 600"):
        read_tokens(token_file)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "holds no token"),
        ("nordwind token-of-nordwind-0001", "line 1 of .* is no `name:token`"),
        ("\nnordwind:short", "line 2 of .* is no `name:token`"),
        (":token-of-nordwind-0001", "line 1 of .* is no `name:token`"),
        ("a:token-of-nordwind-0001\na:token-of-nordwind-0002", "line 2 of .* repeats"),
        ("a:token-of-nordwind-0001\nb:token-of-nordwind-0001", "line 2 of .* repeats"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_without_telling_a_token(
    token_file: Path, content: str, fault: str
) -> None:
    token_file.write_text(content)
    with pytest.raises(CredentialsError, match=fault) as refused:
        read_tokens(token_file)
    assert "token-of-nordwind" not in str(refused.value)


def test_a_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError, match="cannot be read: No such file"):
        read_tokens(tmp_path / "tokens")
