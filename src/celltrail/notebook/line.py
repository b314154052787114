"""The line of a magic: its words, its options, and what is said about wrong ones."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError

from celltrail.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["LineParser", "pair", "words"]

_WORD = re.compile(r"""(?:"[^"]*"|'[^']*'|\S)+""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")


def words(line: str) -> list[str]:
    r"""Return the words of a line, quotes taken off; a backslash is itself.

    Examples
    --------
    >>> words("rf --tag note='two words' C:\\data")
    ['rf', '--tag', 'note=two words', 'C:\\data']
    """
    return [word for word, _ in words_and_ends(line)]


def words_and_ends(line: str) -> Iterator[tuple[str, int]]:
    """Yield each word, and where in the line it ends."""
    for match in _WORD.finditer(line):
        yield _QUOTED.sub(lambda m: m[1] or m[2] or "", match[0]), match.end()


def pair(text: str) -> tuple[str, str]:
    """Return the two sides of ``key=value``."""
    key, sign, value = text.partition("=")
    if not sign or not key:
        message = f"expected key=value, got {text!r}"
        raise argparse.ArgumentTypeError(message)
    return key.strip(), value.strip()


class LineParser(argparse.ArgumentParser):
    """An argument parser whose complaints are one line, as magics' should be.

    Parameters
    ----------
    prog
        The magic with what precedes its arguments: ``%trail runs``.
    """

    def __init__(self, prog: str, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(prog, add_help=False, allow_abbrev=False, **kwargs)

    @property
    def option_names(self) -> list[str]:
        """The options, as they are typed."""
        return [name for a in self._actions for name in a.option_strings]

    def error(self, message: str) -> NoReturn:
        """Raise the message as a usage error."""
        end = "" if message.endswith("?") else "."
        text = f"{self.prog}: {message}{end} {self._manual} explains."
        raise UsageError(text)

    @property
    def _manual(self) -> str:
        return f"{self.prog.split()[0]}?"

    def parse_words(self, given: list[str]) -> argparse.Namespace:
        """Return the arguments, or complain about the first that is not known."""
        found, extra = self.parse_known_args(given)
        if extra:
            self._refuse(extra[0])
        return found

    def parse_leading(self, line: str) -> tuple[argparse.Namespace, str]:
        """Return the options at the start of a line, and the rest as it stands."""
        given: list[str] = []
        end, wanted = 0, 0
        for word, stop in words_and_ends(line):
            if wanted:
                wanted -= 1
            elif word.startswith("--"):
                name, sign, _ = word.partition("=")
                action = self._option_string_actions.get(name)
                if action is None:
                    self._refuse(word)
                else:
                    wanted = 0 if sign or action.nargs == 0 else 1
            else:
                break
            given.append(word)
            end = stop
        return self.parse_words(given), line[end:].strip()

    def _refuse(self, word: str) -> NoReturn:
        if word.startswith("-"):
            hint = nearest(word.partition("=")[0], self.option_names)
            self.error(f"there is no option {word!r}{hint and '.'}{hint}")
        self.error(
            f"{word!r} is one word too many; put quotes around a text of several"
        )
