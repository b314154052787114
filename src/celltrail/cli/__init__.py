"""The command line: ``celltrail …``.

Results go to stdout, everything else to stderr. Exit codes: 0 done; 1 failed, or the
doctor found a problem; 2 wrong usage; 3 not found; 4 the store is busy; 130
interrupted; 141 nobody read on.
"""

from __future__ import annotations

from celltrail.cli.care import doctor, gc
from celltrail.cli.carry import backup, delete, export, import_, restore
from celltrail.cli.group import celltrail
from celltrail.cli.look import artifacts, compare, experiments, runs, show, sql

__all__ = ["main"]

for _command in (
    runs,
    show,
    compare,
    sql,
    experiments,
    artifacts,
    export,
    import_,
    delete,
    restore,
    doctor,
    gc,
    backup,
):
    celltrail.add_command(_command)

main = celltrail
