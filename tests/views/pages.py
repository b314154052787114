"""Html as browsers and JupyterLab's sanitiser see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"img", "br"})
LENGTH = r"(0|[+-]?([0-9]*[.])?[0-9]+(px|em|rem|%))"
COLOR = r"(#[0-9a-f]+|rgba\(\d{1,3},\d{1,3},\d{1,3},(1|0)(\.[0-9]+)?\))"
# What JupyterLab 4 keeps of an untrusted output, as far as the views use it
# (packages/apputils/src/sanitizer.ts): all else is removed before it is shown.
TAGS = frozenset(
    {
        "bdi",
        "caption",
        "code",
        "details",
        "div",
        "img",
        "p",
        "pre",
        "span",
        "strong",
        "summary",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
    }
)
ATTRIBUTES = {
    "": {"class", "style", "title"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "table": {"cellpadding"},
    "th": {"scope"},
}
STYLES = {
    "background-color": COLOR,
    "border-collapse": "collapse|separate",
    "caption-side": "top|bottom",
    "color": COLOR,
    "cursor": "pointer",
    "font-weight": "normal|bold",
    "margin": rf"({LENGTH}\s*){{1,4}}",
    "opacity": r"1|0\.[0-9]+",
    "overflow-x": "visible|hidden|scroll|auto",
    "table-layout": "auto|fixed",
    "text-align": "left|right|center|justify",
    "vertical-align": "baseline|sub|super|top|text-top|middle|bottom",
    "white-space": "normal|pre|nowrap|pre-wrap|pre-line",
}


@dataclass
class Page(HTMLParser):
    """What a page consists of."""

    markup: str
    tags: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    isolated: list[str] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.path: list[str] = []
        self.feed(self.markup)
        self.close()
        assert self.path == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "bdi":
            self.isolated.append("")
        if tag not in VOID:
            self.path.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.path.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.path[-1:] == ["bdi"]:
            self.isolated[-1] += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(decl)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    def attributes(self, tag: str, name: str) -> list[str]:
        return [attrs[name] for own, attrs in self.tags if own == tag and name in attrs]

    def removed(self) -> list[str]:
        """Return what an untrusted JupyterLab would remove."""
        found = [tag for tag, _ in self.tags if tag not in TAGS]
        for tag, attrs in self.tags:
            allowed = ATTRIBUTES[""] | ATTRIBUTES.get(tag, set())
            found += [f"{tag} {name}" for name in attrs if name not in allowed]
            found += filter(removed_style, attrs.get("style", "").split(";"))
        return found


def removed_style(style: str) -> bool:
    name, _, value = style.partition(":")
    return bool(style) and not re.fullmatch(STYLES.get(name, "(?!)"), value)
