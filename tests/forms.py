"""What a browser without scripts would send for a form."""

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


class _Form(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.values: MultiDict[str, str] = MultiDict()
        self._is_inside = False
        self._chooses = ""
        self._writes = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = given.get("method") == "post" and "data-guard" in given
        if not self._is_inside:
            return
        name = given.get("name", "")
        if tag == "input" and name and (given.get("type") not in {"checkbox", "radio"} or "checked" in given):
            self.values.add(name, given.get("value", ""))
        elif tag == "select":
            self._chooses = name
            self.values.add(name, "")
        elif tag == "option" and self._chooses and "selected" in given:
            self.values[self._chooses] = given.get("value", "")
        elif tag == "textarea":
            self._writes = name
            self.values.add(name, "")

    def handle_data(self, data: str) -> None:
        if self._writes:
            self.values[self._writes] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_inside = False
        elif tag == "select":
            self._chooses = ""
        elif tag == "textarea":
            self._writes = ""


def fields_of_form(page: str) -> MultiDict[str, str]:
    """Return the fields of the form of a page that is guarded against being left, with what stands in them."""
    parser = _Form()
    parser.feed(page)
    return parser.values
