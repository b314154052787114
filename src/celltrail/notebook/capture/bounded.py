"""Text of which only the beginning and the end are kept when it grows too long."""

from __future__ import annotations

from collections import deque

__all__ = ["BoundedText"]


class BoundedText:
    r"""Takes any amount of text and keeps at most `limit` characters of it.

    Examples
    --------
    >>> text = BoundedText(8)
    >>> text.write("beginning, middle and end")
    >>> str(text)
    'begi\n… 17 characters left out …\n end'
    """

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head: list[str] = []
        self._room = self._half
        self._tail: deque[str] = deque()
        self._tail_length = 0
        self._left_out = 0

    def write(self, text: str) -> None:
        """Take a piece of text."""
        if self._room > 0:
            self._head.append(text[: self._room])
            text, self._room = text[self._room :], self._room - len(text)
        if len(text) > self._half:
            self._left_out += len(text) - self._half
            text = text[-self._half :]
        if not text:
            return
        self._tail.append(text)
        self._tail_length += len(text)
        while self._tail_length - len(self._tail[0]) >= self._half:
            dropped = len(self._tail.popleft())
            self._tail_length -= dropped
            self._left_out += dropped

    def __str__(self) -> str:
        head, tail = "".join(self._head), "".join(self._tail)
        left_out = self._left_out + max(0, len(tail) - self._half)
        if not left_out:
            return head + tail
        return f"{head}\n… {left_out} characters left out …\n{tail[-self._half :]}"
