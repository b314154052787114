"""User's texts made safe to show: no control characters, one line, not too long."""

from __future__ import annotations

from itertools import takewhile

__all__ = [
    "clean",
    "common_start",
    "count_of",
    "one_line",
    "short_id",
    "shorten",
    "shorten_pair",
]

_ID_LENGTH = 12  # the time of a UUIDv7 in milliseconds: as good as unique in a store
_CONTROLS = (
    {code: 0x2400 + code for code in range(0x20) if chr(code) not in "\t\n"}
    | dict.fromkeys(range(0x7F, 0xA0), 0xFFFD)
    # These would turn around the text that follows them.
    | dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
    | dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
    | dict.fromkeys([0x2028, 0x2029], "\n")
)
_ONE_LINE = str.maketrans({"\n": "↵", "\t": " "})


def clean(text: str) -> str:
    r"""Return `text` with every control character made visible.

    Newlines and tabs stay. Escape sequences would otherwise reach the terminal,
    directional overrides would turn the rest of the page around, and lone surrogates
    would stop the kernel's message.

    Examples
    --------
    >>> clean("red: \x1b[31m")
    'red: ␛[31m'
    """
    return text if text.isprintable() else text.translate(_CONTROLS)


def one_line(text: str) -> str:
    r"""Return `text` cleaned and on one line.

    Examples
    --------
    >>> one_line("first\nsecond")
    'first↵second'
    """
    return text if text.isprintable() else clean(text).translate(_ONE_LINE)


def shorten(text: str, limit: int) -> str:
    """Return `text` within `limit` characters, its start and its end kept.

    Examples
    --------
    >>> shorten("a-very-long-name-of-a-run", 12)
    'a-very-…-run'
    """
    if len(text) <= limit:
        return text
    tail = limit // 3
    return f"{text[: limit - tail - 1]}…{text[len(text) - tail :]}"


def shorten_pair(before: str, after: str, limit: int) -> tuple[str, str]:
    """Return both texts within `limit` characters, showing where they differ.

    Examples
    --------
    >>> shorten_pair("/data/sets/2024/train.csv", "/data/sets/2025/train.csv", 12)
    ('…sets/2024/…', '…sets/2025/…')
    """
    pair = shorten(before, limit), shorten(after, limit)
    if pair[0] != pair[1] or before == after:
        return pair
    start = max(0, common_start(before, after) - 8)
    first, second = (_from(text, start, limit) for text in (before, after))
    return first, second


def common_start(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their start."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _from(text: str, start: int, limit: int) -> str:
    rest = text[start:]
    rest = rest if len(rest) < limit else f"{rest[: limit - 2]}…"
    return f"…{rest}" if start else rest


def short_id(run_id: str) -> str:
    """Return the start of a run id, which names the run wherever one is asked for."""
    return run_id[:_ID_LENGTH]


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count_of(1, "param"), count_of(3, "param")
    ('1 param', '3 params')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
