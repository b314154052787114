"""One execution of a cell, from before it runs until after."""

from __future__ import annotations

import asyncio
import threading
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from celltrail.masking import mask_text
from celltrail.notebook.transform import head_of

if TYPE_CHECKING:
    from types import TracebackType

    from celltrail.notebook.capture.output import CapturedOutput, OutputTap
    from celltrail.notebook.cell_run import CellRun

__all__ = ["Execution", "Outcome"]


@dataclass
class Execution:
    """A cell under way.

    Attributes
    ----------
    info
        What IPython says of it; the same object comes back in its result.
    is_nested
        Whether another cell's magic executes it, so that the trail has it already.
    raw, code
        Its text, and the same with secrets masked.
    count
        Its number in ``In [n]``; None when it has none.
    cost
        Seconds that celltrail has taken of it so far.
    """

    info: Any
    is_nested: bool = False
    count: int | None = None
    started: int = field(default_factory=time.time_ns)
    clock: float = field(default_factory=time.perf_counter)
    processor: float = field(default_factory=time.process_time)
    threads: frozenset[threading.Thread] = field(
        default_factory=lambda: frozenset(threading.enumerate())
    )
    run: CellRun | None = None
    tap: OutputTap | None = None
    is_recording: bool = False
    output: CapturedOutput | None = None
    ended: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    cost: float = 0.0
    trips: int = 0
    masked: str | None = None

    @property
    def raw(self) -> str:
        """The text of the cell."""
        return str(getattr(self.info, "raw_cell", ""))

    @property
    def code(self) -> str:
        """The text of the cell, secrets masked."""
        if self.masked is None:
            self.masked = mask_text(self.raw)
        return self.masked

    @property
    def cell_id(self) -> str | None:
        """The front end's id of the cell, where it tells one."""
        cell_id = getattr(self.info, "cell_id", None)
        return cell_id if isinstance(cell_id, str) else None

    def is_of(self, info: Any) -> bool:
        """Whether it is the execution that IPython's `info` is about.

        Where even the traceback fails, IPython makes a new one of the same text.
        """
        return self.info is info or self.raw == getattr(info, "raw_cell", None)

    @property
    def is_marked(self) -> bool:
        """Whether ``%%track`` stands on top of it."""
        if "%%track" not in self.raw:
            return False
        return head_of(self.raw.splitlines(keepends=True)) is not None

    @property
    def is_kept(self) -> bool:
        """Whether the trail takes it: a cell of the user's, not a tool's question."""
        return not self.is_nested and bool(getattr(self.info, "store_history", True))

    def stop_clocks(self) -> None:
        """Note when the cell ended, before anything is done about it."""
        self.ended = time.time_ns()
        self.seconds = time.perf_counter() - self.clock
        self.processor_seconds = time.process_time() - self.processor

    def new_threads(self) -> list[threading.Thread]:
        """Return the threads that the cell has begun and not seen the end of."""
        return [t for t in threading.enumerate() if t not in self.threads]


@dataclass(frozen=True)
class Outcome:
    """How an execution ended.

    Attributes
    ----------
    status
        FINISHED, FAILED, or KILLED when it was interrupted.
    error
        The last line of the traceback; None when it went well.
    line
        The line of the cell that raised, when it is known.
    traceback
        All of it, without IPython's own part.
    """

    status: str
    error: str | None = None
    line: int | None = None
    traceback: str = ""

    @classmethod
    def of(cls, result: Any, namespace: dict[str, Any]) -> Outcome:
        """Return the outcome of IPython's result; None is an interrupted ``await``."""
        if result is None:
            return cls("KILLED", "Interrupted")
        error = result.error_before_exec or result.error_in_exec
        if error is None:
            return cls("FINISHED")
        interrupted = isinstance(error, KeyboardInterrupt | asyncio.CancelledError)
        name = type(error).__name__
        text = _text_of(error)
        own = _from_cell(error.__traceback__, namespace)
        return cls(
            "KILLED" if interrupted else "FAILED",
            f"{name}: {text}" if text else name,
            own and own.tb_lineno,
            "".join(traceback.format_exception(type(error), error, own)),
        )


def _text_of(error: BaseException) -> str:
    try:
        return str(error).strip()
    except Exception:  # noqa: BLE001 (a user's exception may do anything)
        return ""


def _from_cell(
    entry: TracebackType | None, namespace: dict[str, Any]
) -> TracebackType | None:
    """Return a traceback from the cell's own code on."""
    while entry is not None:
        frame = entry.tb_frame
        if frame.f_globals is namespace and frame.f_code.co_name == "<module>":
            return entry
        entry = entry.tb_next
    return None
