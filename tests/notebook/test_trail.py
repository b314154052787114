"""``%trail`` lists, compares, queries and drops; its results display themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from celltrail.views import View

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook


@pytest.fixture
def four(notebook: Notebook) -> Notebook:
    """Return a notebook with three good runs and a failed one."""
    for lr, auc in ((0.1, 0.8), (0.2, 0.95), (0.3, 0.9)):
        notebook(f"%%track svc\nlr = {lr}\nauc = measured({auc})")
    notebook("%%track bad\n1/0")
    return notebook


def shown(notebook: Notebook, value: object) -> dict[str, str]:
    formatter = notebook.shell.display_formatter
    assert formatter is not None
    data: dict[str, str] = formatter.format(value)[0]
    return data


def test_runs_is_a_plain_frame(four: Notebook) -> None:
    four("df = %trail runs --desc auc metrics.auc > 0.85 AND params.lr > 0.1")
    df = four.names["df"]
    assert type(df) is pd.DataFrame
    assert df["metrics.auc"].tolist() == [0.95, 0.9]
    assert df["params.lr"].tolist() == ["0.2", "0.3"]
    assert df["status"].tolist() == ["FINISHED"] * 2


def test_runs_shows_itself_as_our_table_until_it_is_changed(four: Notebook) -> None:
    df = four("%trail runs").result.result
    ours = shown(four, df)
    assert ours["text/plain"].splitlines()[0].split()[:3] == ["run", "id", "status"]
    assert "<table" in ours["text/html"]
    assert "dataframe" in shown(four, df.head(2))["text/html"]
    df["more"] = 1
    assert "dataframe" in shown(four, df)["text/html"]


def test_failed_runs_without_metrics_are_hidden_with_a_note(four: Notebook) -> None:
    df = four("%trail runs").result.result
    assert len(df) == 3
    assert "1 failed run without metrics" in shown(four, df)["text/plain"]
    assert len(four("%trail runs --all").result.result) == 4
    assert len(four("%trail runs status = 'FAILED'").result.result) == 1


def test_runs_can_be_ordered_and_limited(four: Notebook) -> None:
    least = four("%trail runs --asc params.lr --limit 2").result.result
    assert least["params.lr"].tolist() == ["0.1", "0.2"]


def test_a_list_without_runs_is_an_empty_frame(notebook: Notebook) -> None:
    df = notebook("%trail runs").result.result
    assert df.empty
    assert "No runs yet" in shown(notebook, df)["text/plain"]


def test_the_line_is_taken_as_it_stands(four: Notebook) -> None:
    four.names["x"] = 99
    df = four(
        "%trail sql SELECT '{x} $x' AS t, count(*) AS n -- FROM runs"
    ).result.result
    assert df.to_dict("records") == [{"t": "{x} $x", "n": 1}]


def test_sql_takes_a_cell(four: Notebook) -> None:
    done = four(
        "%%trail sql\nSELECT name, max(metrics['auc']) AS best  -- of each\n"
        "FROM runs GROUP BY name ORDER BY name"
    )
    assert done.result.result["best"].tolist()[1] == 0.95
    assert "2 rows" in shown(four, done.result.result)["text/plain"]


def test_compare_is_a_view(four: Notebook) -> None:
    view = four("%trail compare @best:auc svc").result.result
    assert isinstance(view, View)
    assert "1 param differs" in view.text
    assert re.search(r"lr +0\.2 +0\.3", view.text)


def test_compare_takes_the_last_two_by_itself(four: Notebook) -> None:
    assert "bad" in four("%trail compare").result.result.text


def test_show_takes_the_last_run_by_itself(four: Notebook) -> None:
    assert "ZeroDivisionError" in four("%trail show").result.result.text
    assert "0.95" in four("%trail show @best:auc").result.result.text


def test_drop_says_how_to_undo_it(four: Notebook) -> None:
    said = four("%trail drop @last").stdout
    assert "Deleted bad" in said
    assert len(four("%trail runs --all").result.result) == 3
    four("import celltrail\n" + said.partition("Undo with ")[2].strip().rstrip("."))
    assert len(four("%trail runs --all").result.result) == 4


def test_experiment_is_made_and_used(notebook: Notebook) -> None:
    assert "churn" in notebook("%trail experiment churn").stdout
    notebook("%%track\nx = 1")
    assert notebook.last().info.experiment_id == "1"
    listed = notebook("%trail experiment").result.result.text
    assert "churn (current)" in listed


def test_trail_alone_tells_what_to_type_next(four: Notebook) -> None:
    text = four("%trail").result.result.text
    assert "experiment Default" in text
    assert "svc" in text
    assert "%trail compare @prev @last" in text


def test_status_says_what_is_on_and_what_it_costs(four: Notebook) -> None:
    text = four("%trail status").result.result.text
    assert "4 runs in" in text
    assert "a tracked cell" in text
    four("%track on")
    assert "until %track off" in four("%trail status").result.result.text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%trail runz", "Did you mean 'runs'?"),
        ("%trail runs --dsc auc", "Did you mean '--desc'?"),
        ("%trail runs --limit none", "expected a number from 1, got 'none'"),
        ("%trail runs --desc auv", "Did you mean 'auc'?"),
        ("%trail runs metrcs.auc > 1", "metrics"),
        ("%trail show nothing", "nothing"),
        ("%trail show a b", "one word too many"),
        ("%trail drop", "the following arguments are required: RUN"),
        ("%trail sql", "%trail sql takes a SELECT"),
        ("%trail sql DROP TABLE runs", "SELECT"),
        ("%%trail runs\nx", "Only %%trail sql takes a whole cell"),
        ("%track onn", "%track takes on or off"),
    ],
)
def test_what_is_not_understood_is_one_message(
    four: Notebook, line: str, said: str
) -> None:
    done = four(line)
    assert type(done.error).__name__ == "UsageError"
    assert said in str(done.error)
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("%%track?", "Make the execution of this cell a run."),
        ("%track?", "--no-capture"),
        ("%trail?", "%trail compare @prev @last"),
        ("%trail help", "--desc KEY"),
        ("%track", "%%track rf-baseline --tag stage=dev"),
    ],
)
def test_help_is_the_manual(notebook: Notebook, line: str, said: str) -> None:
    payloads: Any = notebook.shell.payload_manager
    done = notebook(line)
    pages = str(payloads.read_payload())
    payloads.clear_payload()
    assert done.error is None
    assert said in done.stdout + pages
