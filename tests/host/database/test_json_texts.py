import pytest

from host.database import dump_json
from host.database.json_texts import load_json


@pytest.mark.parametrize(
    "value",
    [
        {"words": "Łódź\n\t", "none": None, "list": [True, 1, "1.50"]},
        {"of 64 bits": [2**63 - 1, -(2**63)]},
        {"beyond 64 bits": 10**30, "digits": "12345678901234567890"},
        {"half of a pair": "\ud800"},
        [],
        "text",
        0.1,
    ],
)
def test_what_is_dumped_is_loaded_as_it_was(value: object) -> None:
    text = dump_json(value)
    loaded = load_json(text)
    assert loaded == value
    assert type(loaded) is type(value)


def test_numbers_beyond_64_bits_stay_whole_numbers() -> None:
    assert load_json(dump_json([10**30])) == [10**30]
    assert isinstance(load_json("[18446744073709551616]")[0], int)
