"""A copy of what a cell prints, displays and returns, while the user sees the same.

The streams are not replaced: their `write` is shadowed on the instance, as IPython does
for its own history, so that ``sys.stdout`` stays the object everybody holds; in a
kernel the output of C code and threads passes there too. Displays come through the
publisher's hook: at the end of a cell its figures are closed already.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celltrail.notebook.capture.bounded import BoundedText

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CapturedOutput", "OutputTap"]

MOST_TEXT = 64_000
MOST_DISPLAYED = 2_000_000
_DISPLAYS = ("display_data", "update_display_data")


@dataclass(frozen=True, slots=True)
class CapturedOutput:
    """What a cell gave out; displays and result are dicts from mime type to data."""

    stdout: str = ""
    stderr: str = ""
    displays: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] | None = None


class _Shadow:
    """An attribute of one object, put before that of its class until it is lifted."""

    def __init__(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        self._owner, self._name = owner, name
        self._before = vars(owner).get(name)
        self._mine = make(getattr(owner, name))
        setattr(owner, name, self._mine)

    def lift(self) -> None:
        """Put back what was there, unless somebody has shadowed it again."""
        if vars(self._owner).get(self._name) is not self._mine:
            return
        if self._before is None:
            delattr(self._owner, self._name)
        else:
            setattr(self._owner, self._name, self._before)


class OutputTap:
    """Copies the output of a shell between `start` and `stop`.

    Both are called in the thread that runs the cell.

    Parameters
    ----------
    shell
        An IPython shell, of a kernel or in a terminal.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._shadows: list[_Shadow] = []
        self._publisher: Any = None
        self._taking = False
        self._begin()

    def _begin(self) -> None:
        self._streams = {name: BoundedText(MOST_TEXT) for name in ("stdout", "stderr")}
        self._displays: list[tuple[str | None, dict[str, Any]]] = []
        self._room = MOST_DISPLAYED
        self._result: dict[str, Any] | None = None
        self._clear_next = False

    def start(self) -> None:
        """Begin to copy; output copied before and not asked for is dropped."""
        self.stop()
        self._begin()
        self._taking = True
        for name in self._streams:
            self._shadow(getattr(sys, name), "write", self._writer(name))
        self._shadow(self._shell.displayhook, "write_format_data", self._formatter)
        self._publisher = self._shell.display_pub
        if hasattr(self._publisher, "register_hook"):
            self._publisher.register_hook(self._message)
        else:
            self._shadow(self._publisher, "publish", self._publish)

    def stop(self) -> CapturedOutput:
        """Stop and return the copies."""
        self._taking = False
        while self._shadows:
            self._shadows.pop().lift()
        if hasattr(self._publisher, "unregister_hook"):
            self._publisher.unregister_hook(self._message)
        self._publisher = None
        return CapturedOutput(
            stdout=str(self._streams["stdout"]),
            stderr=str(self._streams["stderr"]),
            displays=[bundle for _key, bundle in self._displays],
            result=self._result,
        )

    def _shadow(self, owner: Any, name: str, make: Callable[[Any], Any]) -> None:
        # A stream of another library may allow no attribute: then it is not copied.
        with suppress(AttributeError, TypeError):
            self._shadows.append(_Shadow(owner, name, make))

    def _writer(self, name: str) -> Callable[[Any], Any]:
        def make(write: Callable[[str], Any]) -> Callable[[str], Any]:
            def copying(text: str) -> Any:
                written = write(text)
                if self._taking and type(text) is str and not self._is_shell_writing():
                    self._streams[name].write(text)
                return written

            return copying

        return make

    def _is_shell_writing(self) -> bool:
        """Return whether the text is a display or result that a terminal shows."""
        shell = self._shell
        return bool(
            getattr(shell.displayhook, "is_active", False)
            or getattr(shell.display_pub, "is_publishing", False)
            or getattr(shell, "showing_traceback", False)
        )

    def _formatter(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def copying(format_dict: dict[str, Any], md_dict: Any = None) -> Any:
            if self._taking:
                self._result = self._bounded(format_dict)
            return write(format_dict, md_dict)

        return copying

    def _publish(self, publish: Callable[..., Any]) -> Callable[..., Any]:
        def copying(data: Any, *args: Any, **kwargs: Any) -> Any:
            if self._taking and isinstance(data, dict):
                self._display(
                    data, kwargs.get("transient"), update=kwargs.get("update")
                )
            return publish(data, *args, **kwargs)

        return copying

    def _message(self, message: dict[str, Any]) -> dict[str, Any]:
        """Look at a message on its way out of the kernel."""
        with suppress(Exception):  # whatever it is, it is sent on
            kind = message["header"]["msg_type"]
            content = message["content"]
            if self._taking and kind in _DISPLAYS:
                update = kind == _DISPLAYS[1]
                self._display(content["data"], content.get("transient"), update=update)
            elif self._taking and kind == "clear_output":
                self._clear_next = bool(content.get("wait"))
                if not self._clear_next:
                    self._clear()
        return message

    def _clear(self) -> None:
        self._room += sum(_size(bundle) for _key, bundle in self._displays)
        self._displays.clear()
        self._clear_next = False

    def _display(self, data: dict[str, Any], transient: Any, *, update: Any) -> None:
        if self._clear_next:
            self._clear()
        key = (transient or {}).get("display_id")
        if not update:
            self._displays.append((key, self._bounded(data)))
            return
        for index, (known, bundle) in enumerate(self._displays):
            if known == key:
                self._room += _size(bundle)
                self._displays[index] = (key, self._bounded(data))

    def _bounded(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return a copy; beyond the bound of a run only of the plain text."""
        kept = dict(data)
        if _size(kept) > self._room:
            kept = {mime: d for mime, d in data.items() if mime == "text/plain"}
        self._room -= _size(kept)
        return kept


def _size(bundle: dict[str, Any]) -> int:
    return sum(len(d) for d in bundle.values() if isinstance(d, str | bytes))
