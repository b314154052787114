"""The command line behaves as people expect: data, talk, exit codes, pipes."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from celltrail.cli import main
from celltrail.store import open_store
from celltrail.store.decisions import create_experiment
from tests.store.samples import age_files, everything, log_run, rows_of
from tests.store.workers import start_run

if TYPE_CHECKING:
    from click.testing import Result

    from celltrail.store import Store

COMMANDS = sorted(main.commands)


def cli(*arguments: object, stdin: str | None = None) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [*map(str, arguments)], input=stdin)


def ok(*arguments: object, stdin: str | None = None) -> str:
    """Run a command that has to succeed; return its stdout."""
    result = cli(*arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return result.stdout


def records(*arguments: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ok(*arguments, "--format", "json"))
    return found


def process(*arguments: object, **options: Any) -> subprocess.Popen[str]:
    """Start a command in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "celltrail.cli", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **{"stdin": subprocess.DEVNULL, **options},
    )


@pytest.fixture
def runs(store: Store) -> dict[str, str]:
    """Log three runs and one that failed early; return their ids by name."""
    create_experiment(store, "bank")
    found = {
        name: log_run(
            store,
            name,
            experiment=experiment,
            params={"depth": str(depth), "model": "rf"},
            metrics={"auc": [0.5, auc], "val/rmse": [1 - auc]},
            files={"out/report.txt": name.encode(), "model.bin": b"\x00\xff"},
            code=f"fit({depth})",
        )
        for name, experiment, depth, auc in [
            ("low", 0, 3, 0.6),
            ("high", 1, 5, 0.9),
            ("middle", 1, 7, 0.7),
        ]
    }
    found["broken"] = log_run(store, "broken", status="FAILED")
    store.close()
    return found


# --- runs ---------------------------------------------------------------------


@pytest.mark.usefixtures("runs")
def test_runs_are_listed_newest_first_without_fruitless_ones() -> None:
    result = cli("runs")
    lines = result.stdout.splitlines()
    assert lines[0].split()[:4] == ["run", "id", "status", "started"]
    assert [line.split()[0] for line in lines[1:4]] == ["middle", "high", "low"]
    assert "broken" not in result.stdout
    assert result.stderr == "1 failed run without metrics not shown; --all shows all.\n"
    assert "broken" in ok("runs", "--all")


@pytest.mark.usefixtures("runs")
def test_who_asks_for_failed_runs_gets_them() -> None:
    result = cli("runs", "status = 'FAILED'")
    assert "broken" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["metrics.auc > 0.65"], ["middle", "high"]),
        (["metrics.auc", ">", "0.65"], ["middle", "high"]),
        (["--desc", "auc"], ["high", "middle", "low"]),
        (["--asc", "metrics.auc", "--limit", "2"], ["low", "middle"]),
        (["--asc", "val/rmse"], ["high", "middle", "low"]),
        (["--asc", "metrics.val/rmse"], ["high", "middle", "low"]),
        (["--desc", "depth"], ["middle", "high", "low"]),
        (["--asc", "name"], ["high", "low", "middle"]),
        (["--experiment", "bank"], ["middle", "high"]),
        (["--experiment", "0"], ["low"]),
        (["params.depth > 4", "--asc", "auc"], ["middle", "high"]),
        (["metrics.auc > 2"], []),
    ],
)
@pytest.mark.usefixtures("runs")
def test_runs_are_filtered_and_ordered(arguments: list[str], names: list[str]) -> None:
    assert [run["name"] for run in records("runs", *arguments)] == names


def test_json_has_everything_and_csv_is_flat(
    store: Store, runs: dict[str, str]
) -> None:
    log_run(store, 'odd, "name"', metrics={"auc": [float("nan")], "x": [float("inf")]})
    (odd, *_, low) = records("runs")
    assert odd["metrics"] == {"auc": "NaN", "x": "Infinity"}
    assert low["run_id"] == runs["low"]
    assert low["params"] == {"depth": "3", "model": "rf"}
    assert low["experiment"] == "Default"
    assert low["start_time"].endswith("Z")
    table = list(csv.DictReader(io.StringIO(ok("runs", "--format", "csv"))))
    assert [row["name"] for row in table] == ['odd, "name"', "middle", "high", "low"]
    assert table[0]["metrics.auc"] == "nan"
    assert table[0]["params.depth"] == ""
    assert table[3]["metrics.val/rmse"] == "0.4"


def test_a_table_is_cut_with_a_word_about_it_and_data_is_not(store: Store) -> None:
    for number in range(55):
        log_run(store, f"run{number}")
    result = cli("runs")
    assert result.stderr == "Only the first 50 are shown; --limit N shows more.\n"
    assert result.stdout.count("finished") == 50
    assert len(records("runs")) == 55
    assert ok("runs", "--limit", 60).count("finished") == 55


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["runs", "auc >"], 2, "auc"),
        (["runs", "metrics.auc >"], 2, "expected"),
        (["runs", "--asc", "a", "--desc", "b"], 2, "exclude"),
        (["runs", "--limit", "0"], 2, "--limit"),
        (["runs", "--desc", "acu"], 3, "Did you mean 'auc'?"),
        (["runs", "--experiment", "bnak"], 3, "Did you mean 'bank'?"),
        (["runs", "--frmat", "csv"], 2, "--format"),
        (["rnus"], 2, "No such command 'rnus'"),
        (["show", "nobody"], 3, "nobody"),
        (["show", "@lsat"], 2, "@last"),
        (["compare", "high"], 2, "two runs"),
        (["sql", "DROP TABLE runs"], 2, "SELECT"),
        (["artifacts", "high", "nothing"], 3, "nothing"),
        (["artifacts", "high", "x", "--download", "-"], 3, "x"),
        (["delete", "nobody"], 3, "nobody"),
        (["export", "out"], 2, "--all"),
        (["export", "nobody", "out"], 3, "nobody"),
        (["import", "nowhere"], 3, "nowhere"),
        (["gc", "--older-than", "soon"], 2, "30d"),
        (["--store", "http://host", "runs"], 2, "http://host"),
        (["--store", "nowhere", "runs"], 3, "nowhere"),
    ],
)
@pytest.mark.usefixtures("runs")
def test_errors_are_told_on_stderr_with_a_meaningful_code(
    arguments: list[str], code: int, words: str, folder: Path
) -> None:
    result = cli(*arguments)
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert words in result.stderr
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    assert [path.name for path in folder.iterdir()] == [".celltrail"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["runs"],
        ["show", "@last"],
        ["compare", "a", "b"],
        ["sql", "SELECT 1"],
        ["experiments"],
        ["artifacts", "a"],
        ["export", "--all", "out"],
        ["import", "nowhere"],
        ["delete", "a"],
        ["restore", "a"],
        ["doctor"],
        ["doctor", "--fix"],
        ["gc"],
        ["backup", "out"],
    ],
)
def test_no_command_makes_a_store_by_reading(
    arguments: list[str], folder: Path
) -> None:
    result = cli(*arguments)
    assert result.exit_code == 3
    assert list(folder.iterdir()) == []


# --- one run, several runs ----------------------------------------------------


def test_show_tells_all_of_a_run(runs: dict[str, str]) -> None:
    text = ok("show", "@best:auc")
    for part in (runs["high"], "depth", "older", "0.9", "out/report.txt", "fit(5)"):
        assert part in text
    found = json.loads(ok("show", "high", "--format", "json"))
    assert found["run_id"] == runs["high"]
    assert found["artifacts"] == {"model.bin": 2, "out/report.txt": 4}
    assert found["code"] == "fit(5)"
    assert found["metrics"]["auc"] == 0.9


@pytest.mark.usefixtures("runs")
def test_compare_shows_differences() -> None:
    text = ok("compare", "high", "low")
    assert "depth" in text
    assert "-0.3" in text
    assert "  - fit(5)" in text
    assert "  + fit(3)" in text


@pytest.mark.usefixtures("runs")
def test_sql_from_an_argument_and_from_stdin() -> None:
    query = "SELECT name, metrics['auc'] AS auc, params FROM runs ORDER BY auc, name"
    assert "middle" in ok("sql", query)
    rows = json.loads(ok("sql", "-", "--format", "json", stdin=query))
    assert rows[0]["params"] == {"depth": "3", "model": "rf"}
    assert rows[-1] == {"name": "broken", "auc": None, "params": {}}
    table = list(csv.DictReader(io.StringIO(ok("sql", query, "--format", "csv"))))
    assert json.loads(table[0]["params"]) == {"depth": "3", "model": "rf"}
    assert table[-1]["auc"] == ""


@pytest.mark.usefixtures("runs")
def test_experiments_with_their_runs() -> None:
    assert {one["name"]: one["runs"] for one in records("experiments")} == {
        "bank": 2,
        "Default": 2,
    }
    assert "bank" in ok("experiments")


@pytest.mark.usefixtures("runs")
def test_artifacts_are_listed_copied_and_printed(folder: Path) -> None:
    assert [file["path"] for file in records("artifacts", "low")] == [
        "model.bin",
        "out/report.txt",
    ]
    assert "out/report.txt" in ok("artifacts", "low", "out")
    assert "model.bin" not in ok("artifacts", "low", "out")
    assert ok("artifacts", "low", "--download", "all") == f"{folder / 'all'}\n"
    assert (folder / "all" / "out" / "report.txt").read_text() == "low"
    result = cli("artifacts", "low", "model.bin", "--download", "-")
    assert result.stdout_bytes == b"\x00\xff"
    assert ok("artifacts", "broken") == "The run has no artifacts.\n"


# --- carrying -----------------------------------------------------------------


def test_export_and_import_merge_stores(
    store: Store, runs: dict[str, str], folder: Path
) -> None:
    assert cli("export", "high", "@best:val/rmse:max", "out").exit_code == 0
    result = cli("--store", "merged", "import", "out")
    assert result.exit_code == 0
    assert result.stderr.startswith("Imported 2 runs with 3 artifacts.")
    merged = open_store(folder / "merged")
    assert {row[2] for row in rows_of(merged, "runs")} == {"high", "low"}
    assert "2 runs known already" in cli("--store", "merged", "import", "out").stderr
    ok("export", "--all", "everything")
    ok("--store", "whole", "import", "everything")
    assert everything(open_store(folder / "whole")) == everything(store)
    ok("export", "--experiment", "bank", "bank")
    assert "2 runs" in cli("--store", "b", "import", "bank").stderr
    assert runs


@pytest.mark.usefixtures("runs")
def test_an_import_that_fails_makes_no_store(folder: Path) -> None:
    (folder / "junk").mkdir()
    assert cli("--store", "new", "import", "junk").exit_code == 3
    assert not (folder / "new").exists()


def test_delete_restore_and_gc(store: Store, runs: dict[str, str]) -> None:
    result = cli("delete", "high", runs["low"][:31])
    assert result.exit_code == 0
    assert f"Deleted high ({runs['high']})" in result.stderr
    assert [run["name"] for run in records("runs")] == ["middle"]
    assert len(records("runs", "--deleted")) == 2
    ok("restore", "high")
    assert [run["name"] for run in records("runs")] == ["middle", "high"]
    age_files(store)
    assert "Would remove 1 deleted run" in cli("gc", "--dry-run").stderr
    assert len(records("runs", "--deleted")) == 1
    assert (
        "would remove nothing"
        in cli("gc", "--dry-run", "--older-than", "1d").stderr.lower()
    )
    assert "Removed 1 deleted run" in cli("gc").stderr
    assert records("runs", "--deleted") == []
    assert cli("gc").stderr == "Removed nothing.\n"


def test_backup_is_a_store(store: Store, runs: dict[str, str], folder: Path) -> None:
    assert "Copied 4 runs" in cli("backup", "saved").stderr
    assert everything(open_store(folder / "saved")) == everything(store)
    assert len(records("--store", "saved", "runs")) == 3
    assert cli("backup", "saved").exit_code == 1
    assert runs


def test_a_backup_of_a_damaged_store_says_so(
    store: Store, runs: dict[str, str]
) -> None:
    path = store.artifacts.path(rows_of(store, "artifacts")[0][2])
    assert path is not None
    path.unlink()
    result = cli("backup", "saved")
    assert result.exit_code == 1
    assert "Not copied: " in result.stderr
    assert runs


# --- care ---------------------------------------------------------------------


def test_doctor_tells_and_fixes(store: Store) -> None:
    log_run(store, "open", status=None)
    store.fold()
    store.close()
    result = cli("doctor")
    assert result.exit_code == 1
    assert "✗ 1 run RUNNING of dead sessions: open." in result.stdout
    assert json.loads(cli("doctor", "--format", "json").stdout)[0]["is_fixable"]
    result = cli("doctor", "--fix")
    assert result.exit_code == 0
    assert result.stdout == f"{store.path}: all is well.\n"


def test_doctor_speaks_of_a_database_that_cannot_be_read(store: Store) -> None:
    log_run(store)
    store.database.write_bytes(b"not a database" * 999)
    result = cli("doctor")
    assert result.exit_code == 1
    assert str(store.database) in result.stdout
    assert cli("doctor", "--fix").exit_code == 1
    assert cli("runs").exit_code == 1


# --- help, terminals, pipes, signals ------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_an_example(command: str) -> None:
    text = ok(command, "--help")
    assert f"\n  celltrail {command}" in text or " import " in text
    assert ok(command, "-h") == text


def test_help_and_version_are_quick_and_light() -> None:
    assert "Exit codes" in ok("--help")
    assert ok("--version").startswith("celltrail, version ")
    script = (
        "import sys; from celltrail.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'duckdb', 'pandas', 'numpy', 'sqlglot', 'IPython', 'fsspec'}\n"
        "sys.exit(str(heavy & sys.modules.keys()) if heavy & sys.modules.keys() else 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("columns", [60, 200])
def test_tables_fit_the_terminal_and_are_whole_in_a_pipe(
    store: Store, columns: int
) -> None:
    metrics = {f"metric_number_{number}": [0.1] for number in range(8)}
    log_run(store, metrics=metrics)
    store.close()
    shown = in_terminal("runs", columns=columns)
    assert max(map(len, shown.splitlines())) <= columns
    assert "metric_number_0" in shown
    whole = process("runs").communicate()[0]
    assert "metric_number_7" in whole.splitlines()[0]
    assert "\x1b" not in whole


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.usefixtures("runs")
def test_colour_only_in_a_terminal_that_wants_it() -> None:
    red = "\x1b[31m  - fit(5)"
    assert red in in_terminal("compare", "high", "low")
    assert red not in in_terminal("compare", "high", "low", NO_COLOR="1")
    assert "\x1b" not in process("compare", "high", "low").communicate()[0]


def in_terminal(*arguments: str, columns: int = 100, **environment: str) -> str:
    """Return what a command prints to a terminal of that width."""
    import pty

    ours, theirs = pty.openpty()
    variables = {**os.environ, "COLUMNS": str(columns), **environment}
    command = [sys.executable, "-m", "celltrail.cli", *arguments]
    with subprocess.Popen(
        command, stdout=theirs, stderr=subprocess.DEVNULL, env=variables
    ) as shown:
        os.close(theirs)
        text = read_all(ours)
        assert shown.wait() == 0
    return text.replace("\r\n", "\n")


def read_all(handle: int) -> str:
    """Return what comes from a terminal until its other end is closed."""
    parts = []
    while True:
        try:
            part = os.read(handle, 65536)
        except OSError:  # Linux's way to say that nobody is left
            break
        if not part:
            break
        parts.append(part)
    os.close(handle)
    return b"".join(parts).decode()


@pytest.mark.usefixtures("runs")
def test_a_reader_that_stops_reading_is_no_error() -> None:
    query = "SELECT repeat('x', 1000) AS x FROM range(3000)"
    with process("sql", query, "--format", "csv") as running:
        assert running.stdout is not None
        assert running.stdout.read(1) == "x"
        running.stdout.close()
        assert running.stderr is not None
        assert running.stderr.read() == ""
        assert running.wait() == 141


def interrupted(running: subprocess.Popen[str]) -> int:
    """Interrupt a process as often as it takes: it may not have begun to wait."""
    while True:
        running.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return running.wait(timeout=3)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_gc_asks_at_a_terminal_and_an_interrupt_ends_it(
    store: Store, runs: dict[str, str]
) -> None:
    import pty

    ok("delete", "high")
    ours, theirs = pty.openpty()
    # Under a shell's background job, interrupts would be ignored.
    script = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from celltrail.cli import main; main(['gc'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr is not None
        asked = ""
        while "[y/N]" not in asked:
            letter = running.stderr.read(1)
            assert letter, asked
            asked += letter
        assert "Would remove 1 deleted run" in asked
        assert interrupted(running) == 130
        assert "Traceback" not in running.stderr.read()
    os.close(ours)
    os.close(theirs)
    assert len(rows_of(store, "runs")) == len(runs)


def test_it_works_while_others_log(store: Store, folder: Path) -> None:
    ledger = folder / "ledger"
    ledger.mkdir()
    script = [sys.executable, "-m", "tests.store.workers", "log_for_ever"]
    root = str(Path(__file__).parent.parent)
    environment = {**os.environ, "PYTHONPATH": root}
    start_run(store, "mine")
    command = [*script, str(store.path), str(ledger)]
    with (
        subprocess.Popen(command, env=environment) as writer,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(writer.kill)
        while not list(ledger.iterdir()):
            assert writer.poll() is None
        for _ in range(3):
            assert "mine" in process("runs", "--all").communicate()[0]
        with process("doctor") as doctor:
            doctor.communicate()
        assert doctor.returncode == 0


@pytest.mark.usefixtures("runs")
def test_a_store_held_by_another_program_is_busy(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("celltrail.store.database.DEADLINE", 0.1)
    rows_of(store, "runs")
    script = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); "
        "print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(store.database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        result = cli("runs")
        shell.communicate("")
    assert result.exit_code == 4
    assert str(shell.pid) in result.stderr


@pytest.mark.usefixtures("runs")
def test_runs_are_completed() -> None:
    environment = {
        **os.environ,
        "_CELLTRAIL_COMPLETE": "bash_complete",
        "COMP_WORDS": "celltrail show m",
        "COMP_CWORD": "2",
    }
    done = process(env=environment).communicate()
    assert done == ("plain,middle\n", "")
