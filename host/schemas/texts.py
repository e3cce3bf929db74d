"""What a text from outside must not hold, because no database can store it."""


def fault_of_text(text: str) -> str:
    """Return why `text` cannot be stored, or an empty text."""
    if "\x00" in text:
        return "holds a null character"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "holds half of a surrogate pair"
    return ""


def storable(value: object) -> bool:
    """Tell whether every text inside a JSON value can be stored."""
    if isinstance(value, str):
        return not fault_of_text(value)
    if isinstance(value, dict):
        return all(storable(key) and storable(item) for key, item in value.items())
    return all(storable(item) for item in value) if isinstance(value, list) else True
