"""A tracked cell is a run, and does what it does without."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

import celltrail
from celltrail.store import open_store
from celltrail.store.query import queries

if TYPE_CHECKING:
    from pathlib import Path

    from tests.notebook.conftest import Notebook


def test_a_cell_becomes_a_run(notebook: Notebook) -> None:
    done = notebook("%%track svc --tag stage=dev\nC = 10.0\nauc = measured(0.877)\nauc")
    assert done.result.result == 0.877
    run = notebook.last()
    assert (run.info.run_name, run.info.status) == ("svc", "FINISHED")
    assert run.data.params == {"C": "10.0"}
    assert run.data.metrics == {"auc": 0.877}
    assert run.data.tags["stage"] == "dev"
    assert len(done.cards) == 1
    assert "svc finished" in done.cards[0]


def test_without_arguments_it_has_a_name_of_its_own(notebook: Notebook) -> None:
    notebook("%%track\nx = 1")
    assert notebook.last().info.run_name.count("-") == 2


def test_quoted_values_come_without_their_quotes(notebook: Notebook) -> None:
    notebook("%%track 'two words' --tag note=\"a b\" --description 'first try'\nx = 1")
    run = notebook.last()
    assert run.info.run_name == "two words"
    assert run.data.tags["note"] == "a b"
    assert run.data.tags["mlflow.note.content"] == "first try"


def test_names_of_the_notebook_are_not_put_into_the_line(notebook: Notebook) -> None:
    notebook("name = 'wrong'")
    notebook("%%track {name} --tag a=$name\nx = 1")
    assert notebook.last().info.run_name == "{name}"
    assert notebook.last().data.tags["a"] == "$name"


def test_params_and_metrics_can_be_named(notebook: Notebook) -> None:
    code = "%%track --param data=v2 --metric wanted --metric gone\nwanted = len('abc')"
    done = notebook(code)
    run = notebook.last()
    assert run.data.params["data"] == "v2"
    assert run.data.metrics == {"wanted": 3.0}
    assert "wanted" not in run.data.values
    assert "gone" in done.cards[0]


def test_the_run_of_one_cell_goes_to_the_experiment_it_names(
    notebook: Notebook,
) -> None:
    for _ in range(2):
        notebook("%%track --experiment tuning\nx = 1")
    notebook("%%track\nx = 1")
    first, second, third = notebook.runs()
    assert first.info.experiment_id == second.info.experiment_id == "1"
    assert third.info.experiment_id == "0"


def test_nothing_is_captured_if_so_wanted(notebook: Notebook) -> None:
    notebook(
        "%%track --no-capture --param a=b\nC = 1\nauc = measured(1)\nprint('hello')"
    )
    run = notebook.last()
    assert (run.data.params, run.data.metrics) == ({"a": "b"}, {})
    assert queries.list_artifacts(open_store(), run.info.run_id) == []
    assert run.data.context["code"]


def test_a_quiet_cell_has_no_card(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not notebook("%%track --quiet\nx = 1").cards
    monkeypatch.setenv("CELLTRAIL_QUIET", "1")
    assert not notebook("%%track\nx = 1").cards
    assert len(notebook.runs()) == 2


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--tga a=b", "there is no option '--tga'. Did you mean '--tag'?"),
        ("--tag nothing", "argument --tag: expected key=value, got 'nothing'."),
        ("one two", "'two' is one word too many"),
        ("--tag 'a(b=c'", "contains '('"),
    ],
)
def test_a_wrong_line_stops_the_cell_in_one_line(
    notebook: Notebook, line: str, said: str
) -> None:
    done = notebook(f"%%track {line}\nran = True")
    assert type(done.error).__name__ == "UsageError"
    assert said in str(done.error)
    assert "\n" not in str(done.error)
    assert "ran" not in notebook.names
    assert notebook.runs() == []


def test_a_failing_cell_is_a_failed_run(notebook: Notebook) -> None:
    done = notebook("%%track bad\nlr = 0.1\n\n1 / 0")
    assert isinstance(done.error, ZeroDivisionError)
    assert done.stdout.count("ZeroDivisionError: division by zero") == 1
    assert "line 4" in done.stdout
    assert "__celltrail" not in done.stdout
    run = notebook.last()
    assert run.info.status == "FAILED"
    assert run.data.params == {"lr": "0.1"}
    assert run.data.context["error"] == "ZeroDivisionError: division by zero"
    text = celltrail.artifacts.load_text(
        f"runs:/{run.info.run_id}/output/traceback.txt"
    )
    assert "1 / 0" in text
    assert "IPython" not in text
    assert "bad failed" in done.cards[0]


def test_an_interrupted_cell_is_a_killed_run(notebook: Notebook) -> None:
    notebook("%%track\nraise KeyboardInterrupt")
    assert notebook.last().info.status == "KILLED"


def test_a_cell_that_is_no_python_is_no_run(notebook: Notebook) -> None:
    done = notebook("%%track bad\nx = = 1")
    assert isinstance(done.error, SyntaxError)
    assert notebook.runs() == []
    assert notebook("%%track good\nx = 1").cards


def test_what_a_cell_gives_out_is_kept(notebook: Notebook) -> None:
    notebook("%%track\nprint('hello')\nfrom IPython.display import HTML\nHTML('<b>1')")
    found = queries.artifact_files(open_store(), notebook.last().info.run_id)
    assert {file.path for file in found} == {"output/stdout.txt", "output/result.html"}


def test_what_is_logged_goes_to_the_cells_run(notebook: Notebook) -> None:
    notebook(
        "%%track\nimport celltrail\nfor step in range(3):\n"
        "    celltrail.log_metric('loss', 3 - step, step=step)\n"
        "celltrail.log_param('lr', 1)\nlr = 2"
    )
    (run,) = notebook.runs()
    assert run.data.metrics == {"loss": 1.0}
    assert run.data.params == {"lr": "1"}  # what was logged goes before what was found


def test_start_run_takes_the_cells_run_over(notebook: Notebook) -> None:
    notebook(
        "%%track outer\nimport celltrail\nwith celltrail.start_run(run_name='mine'):\n"
        "    celltrail.log_metric('auc', 1)"
    )
    (run,) = notebook.runs()
    assert run.info.run_name == "mine"
    assert run.data.metrics == {"auc": 1.0}


def test_start_run_opens_a_child_once_something_was_logged(notebook: Notebook) -> None:
    notebook(
        "%%track outer\nimport celltrail\ncelltrail.log_metric('a', 1)\n"
        "celltrail.start_run(run_name='inner')\ncelltrail.log_metric('b', 2)"
    )
    outer, inner = notebook.runs()
    assert inner.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert (outer.data.metrics, inner.data.metrics) == ({"a": 1.0}, {"b": 2.0})
    assert inner.info.status == "FINISHED"


def test_executing_again_never_fails(notebook: Notebook) -> None:
    for _ in range(3):
        assert notebook("import celltrail\ncelltrail.start_run()").error is None
    assert notebook("%%track\nx = 1").error is None
    assert [run.info.status for run in notebook.runs()] == ["FINISHED"] * 4


def test_nested_makes_a_child_of_what_is_open(notebook: Notebook) -> None:
    notebook("import celltrail\ncelltrail.start_run(run_name='sweep')")
    for _ in range(2):
        notebook("%%track --nested\nx = 1")
    notebook("celltrail.end_run()")
    sweep, *children = notebook.runs()
    parents = {child.data.tags["mlflow.parentRunId"] for child in children}
    assert parents == {sweep.info.run_id}
    assert len(children) == 2
    assert sweep.info.status == "FINISHED"


def test_a_thread_logs_to_the_run_of_its_cell(notebook: Notebook) -> None:
    go = threading.Event()
    notebook.names["go"] = go
    notebook(
        "%%track first\nimport celltrail, threading\n"
        "def work():\n    go.wait(10)\n    celltrail.log_metric('late', 1)\n"
        "worker = threading.Thread(target=work)\nworker.start()"
    )
    notebook("%%track second\ngo.set()\nworker.join()")
    notebook("celltrail.log_metric('late', 2)\ncelltrail.end_run()")
    first, second, third = notebook.runs()
    assert first.data.metrics == {"late": 1.0}
    assert second.data.metrics == {}
    assert third.data.metrics == {"late": 2.0}


def test_secrets_are_masked(notebook: Notebook) -> None:
    notebook("%%track\napi_key = 'sk-abcdefghijklmnopqrstuvwxyz'\nprint(api_key)")
    run = notebook.last()
    code = queries.texts(open_store(), [run.data.context["code"]])
    assert "abcdefghijklm" not in str(code)
    assert "abcdefghijklm" not in str(run)
    printed = celltrail.artifacts.load_text(
        f"runs:/{run.info.run_id}/output/stdout.txt"
    )
    assert printed == "***\n"


def test_over_another_cell_magic(notebook: Notebook) -> None:
    done = notebook("%%track timed\n%%time\nauc = measured(-2)\nauc")
    assert done.result.result == -2
    assert "Wall time" in done.stdout
    run = notebook.last()
    assert (run.info.run_name, run.data.metrics) == ("timed", {"auc": -2.0})


def test_under_another_cell_magic(notebook: Notebook) -> None:
    done = notebook("%%capture out\n%%track inside\nauc = measured(-2)\nprint('shown')")
    assert done.stdout == ""
    assert notebook.last().info.run_name == "inside"
    assert notebook.last().data.metrics == {"auc": -2.0}
    assert notebook.names["out"].stdout == "shown\n"


def test_the_code_is_kept_as_it_was_typed(notebook: Notebook) -> None:
    code = "%%track a\n%time x = 1\n!true"
    notebook(code)
    digest = notebook.last().data.context["code"]
    assert queries.texts(open_store(), [digest]) == {digest: code}


def test_every_cell_extends_the_trail(notebook: Notebook) -> None:
    notebook("x = 1", cell_id="c1")
    notebook("%%track\ny = 2", cell_id="c2")
    notebook("1/0", cell_id="c3")
    notebook("get_ipython().run_cell('z = 1')", cell_id="c4")
    with open_store().reading() as connection:
        rows = connection.execute(
            "SELECT cell_id, status, run_id IS NOT NULL, content FROM cells "
            "JOIN texts ON digest = code_digest ORDER BY seq"
        ).fetchall()
    assert rows == [
        ("c1", "FINISHED", False, "x = 1"),
        ("c2", "FINISHED", True, "%%track\ny = 2"),
        ("c3", "FAILED", False, "1/0"),
        ("c4", "FINISHED", False, "get_ipython().run_cell('z = 1')"),
    ]


def test_the_environment_is_recorded(notebook: Notebook) -> None:
    from celltrail.tracking import context

    notebook("%%track\nx = 1", cell_id="c1")
    context.flush(10)
    facts = notebook.last().data.context
    wanted = {"code", "cell_id", "execution_count", "session", "pid", "cpu_seconds"}
    assert facts.keys() >= wanted | {"peak_memory_mb", "python", "packages", "host"}
    assert facts["cell_id"] == "c1"


# --- what changed since the last execution --------------------------------------------


def test_the_card_compares_with_the_same_cell(notebook: Notebook) -> None:
    notebook("%%track\nlr = 0.1\nauc = measured(1)", cell_id="c1")
    notebook("%%track\nlr = 0.5\nauc = measured(3)", cell_id="c2")
    done = notebook("%%track\nlr = 0.2\nauc = measured(2)", cell_id="c1")
    assert "lr 0.1 → 0.2" in done.cards[0]
    assert "auc 2 ↑ +1 better" in done.cards[0]


def test_a_copy_of_a_cell_is_compared_with_its_namesake(notebook: Notebook) -> None:
    notebook("%%track svc\nlr = 0.1", cell_id="c1")
    assert "→" not in notebook("%%track\nlr = 0.3", cell_id="c2").cards[0]
    assert "lr 0.1 → 0.2" in notebook("%%track svc\nlr = 0.2", cell_id="c3").cards[0]


def test_without_an_id_the_most_similar_cell_is_the_same(notebook: Notebook) -> None:
    notebook("%%track\nlr = 0.1\nloss = measured(1)")
    notebook("%%track\nimport math\nprint(math.pi)")
    done = notebook("%%track\nlr = 0.2\nloss = measured(2)")
    assert "lr 0.1 → 0.2" in done.cards[0]


def test_without_an_id_a_name_is_the_cell(notebook: Notebook) -> None:
    notebook("%%track a\nlr = 0.1")
    notebook("%%track b\nlr = 0.7")
    assert "lr 0.1 → 0.2" in notebook("%%track a\nlr = 0.2").cards[0]


def test_earlier_sessions_are_compared_with(notebook: Notebook) -> None:
    notebook("%%track\nlr = 0.1", cell_id="c1")
    notebook("%unload_ext celltrail")
    open_store().close()
    notebook("%load_ext celltrail")
    done = notebook("%%track\nlr = 0.2", cell_id="c1")
    assert "lr 0.1 → 0.2" in done.cards[0]


# --- %track on ------------------------------------------------------------------------


def test_track_on_makes_runs_of_cells_that_yield_a_metric(notebook: Notebook) -> None:
    notebook("%track on")
    for code in ("import math", "x = 1", "def f():\n    return 1"):
        assert not notebook(code).cards
    assert notebook("lr = 0.3\nrmse = measured(-1)").cards
    notebook("%track off")
    assert not notebook("rmse = measured(-2)").cards
    (run,) = notebook.runs()
    assert (run.data.params, run.data.metrics) == ({"lr": "0.3"}, {"rmse": -1.0})


def test_track_on_makes_runs_of_cells_that_log(notebook: Notebook) -> None:
    notebook("import celltrail")
    notebook("%track on")
    assert notebook("celltrail.log_metric('a', 1)\ncelltrail.log_metric('a', 2)").cards
    assert notebook("with celltrail.start_run(run_name='b'):\n    pass").cards
    assert not notebook("celltrail.active_run()").cards
    one, other = notebook.runs()
    assert (one.data.metrics, other.info.run_name) == ({"a": 2.0}, "b")
    assert {one.info.status, other.info.status} == {"FINISHED"}


# --- celltrail's own failures ---------------------------------------------------------


def test_a_store_that_cannot_be_written_is_one_warning(
    notebook: Notebook, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("CELLTRAIL_STORE", str(folder / "file" / "store"))
    first = notebook("%%track\nimport celltrail\ncelltrail.log_metric('a', 1)\n'fine'")
    assert first.result.result == "fine"
    assert first.error is None
    assert not first.cards
    lines = [line for line in first.stderr.splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("celltrail:")
    second = notebook("%%track\ncelltrail.log_metric('a', 1)\n'fine'")
    assert (second.result.result, second.stderr) == ("fine", "")


def test_an_error_of_celltrails_own_is_one_warning(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    from celltrail.notebook import session

    def fail(*_: object, **__: object) -> None:
        message = "a mistake"
        raise RuntimeError(message)

    monkeypatch.setattr(session, "collect", fail)
    done = notebook("%%track\nx = 1\nx")
    assert done.result.result == 1
    assert done.stderr.count("\n") == 1
    assert "a mistake" in done.stderr
    assert notebook.last().info.status == "FINISHED"
    monkeypatch.undo()
    notebook("%%track\nx = 1")
    assert "mlflow.parentRunId" not in notebook.last().data.tags


def test_an_exception_without_a_text_is_no_problem(notebook: Notebook) -> None:
    done = notebook(
        "%%track\nclass Odd(Exception):\n    def __str__(self):\n        return 1/0\n"
        "raise Odd"
    )
    assert done.error is not None
    assert notebook.last().info.status == "FAILED"
