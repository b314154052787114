"""Loading celltrail into a shell, and taking it out again."""

from __future__ import annotations

import atexit
import builtins
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from celltrail.notebook.completion import Completer
from celltrail.notebook.magics import CelltrailMagics
from celltrail.notebook.place import is_ephemeral
from celltrail.notebook.session import Session
from celltrail.notebook.shown import forget_frames, show_frames
from celltrail.notebook.transform import BEGIN, transform
from celltrail.store import journal

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_loaded: WeakKeyDictionary[Any, _Loaded] = WeakKeyDictionary()


class _Loaded:
    """What was put into a shell."""

    def __init__(self, shell: InteractiveShell) -> None:
        self.session = Session(shell)
        self.completer = Completer(self.session)
        self.events = {
            "pre_run_cell": self.session.before,
            "post_run_cell": self.session.after,
        }


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Add the magics and hooks to a shell; a second time changes nothing."""
    if ip in _loaded:
        return
    loaded = _loaded[ip] = _Loaded(ip)
    session = loaded.session
    for event, callback in loaded.events.items():
        ip.events.register(event, callback)
    setattr(builtins, BEGIN, session.begin)
    atexit.register(_leave_builtins)
    ip.input_transformers_cleanup.append(transform)
    ip.register_magics(CelltrailMagics(ip, session))
    ip.Completer.custom_matchers.append(loaded.completer.match)
    show_frames(ip)
    journal.on_failure = session.guard.warn
    with session.guard.protecting("The store cannot be used"):
        _greet(session)
        session.look_back()
        session.previous.prefetch(session.store, session.notebook)


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """Take out what `load_ipython_extension` has put in."""
    loaded = _loaded.pop(ip, None)
    if loaded is None:
        return
    for event, callback in loaded.events.items():
        ip.events.unregister(event, callback)
    loaded.session.close()
    _leave_builtins()
    transformers = ip.input_transformers_cleanup
    transformers[:] = [one for one in transformers if one is not transform]
    matchers = ip.Completer.custom_matchers
    matchers[:] = [one for one in matchers if one != loaded.completer.match]
    for kind in ("line", "cell"):
        for name in ("track", "trail"):
            ip.magics_manager.magics[kind].pop(name, None)
    forget_frames(ip)
    journal.on_failure = None


def _leave_builtins() -> None:
    """Let go of the session; at the end of the process the builtins go last of all."""
    vars(builtins).pop(BEGIN, None)
    atexit.unregister(_leave_builtins)


def _greet(session: Session) -> None:
    """Print where runs go, in one line; warn where that does not last."""
    from celltrail.notebook.overview import greeting

    sys.stdout.write(f"{greeting(session.store)}\n")
    if is_ephemeral(session.store.path):
        sys.stdout.write(
            "celltrail: this machine's disk is temporary. Mount your drive, then "
            "celltrail.set_tracking_uri('/content/drive/MyDrive/…') keeps the runs.\n"
        )
