"""Reading rendered HTML as a browser would find it: elements with their attributes and texts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "br", "hr", "img", "link", "meta", "circle", "rect", "path"}


@dataclass
class Element:
    tag: str
    attrs: dict[str, str]
    parents: list["Element"] = field(repr=False)
    text: str = ""


class Document(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, list(self._open))
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str = "", **attrs: str) -> list[Element]:
        return [
            element
            for element in self.elements
            if tag in {"", element.tag} and all(element.attrs.get(name) == value for name, value in attrs.items())
        ]

    def ids(self) -> list[str]:
        return [element.attrs["id"] for element in self.elements if "id" in element.attrs]

    def by_id(self, identity: str) -> Element:
        (found,) = [element for element in self.elements if element.attrs.get("id") == identity]
        return found
