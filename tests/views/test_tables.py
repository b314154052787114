from __future__ import annotations

from celltrail.entities import Experiment
from celltrail.views import ExperimentRow, Status, experiments_table, runs_table
from celltrail.views.status import status_view
from tests.views.pages import Page
from tests.views.samples import EARLIER, FAILED, RUN, START, make_run

NOW = START + 200_000
DASH = "–"  # noqa: RUF001


def test_metrics_and_the_params_that_differ_are_columns() -> None:
    text = runs_table([RUN, EARLIER], now=NOW).text_within(200)
    assert text.splitlines()[0].split() == [
        *("run", "id", "status", "started", "duration"),
        *("auc", "accuracy", "rmse", "n_trees", "lr", "scaler", "warm"),
    ]
    assert text.splitlines()[-1] == "The same in all · max_depth 5 · seed 42"


def test_a_row_says_how_it_ended_when_it_was_and_how_long_it_took() -> None:
    row = runs_table([FAILED], now=NOW).text_within(200).splitlines()[1]
    assert row == "svc  0198f2c50198  ✗ failed  3 min ago    120 ms  1.0"


def test_a_page_says_when_because_it_will_be_read_later() -> None:
    text = Page(runs_table([RUN], now=NOW).html).text
    assert "ago" not in text
    assert "2025-10-" in text


def test_what_a_run_does_not_have_is_a_dash() -> None:
    row = runs_table([RUN, FAILED], now=NOW).text_within(200).splitlines()[2]
    assert row.count(DASH) == 8


def test_all_params_of_a_single_run_are_shown() -> None:
    head = runs_table([EARLIER]).text_within(200).splitlines()[0]
    assert head.split()[-4:] == ["lr", "max_depth", "seed", "warm"]


def test_a_narrow_terminal_says_which_columns_are_missing() -> None:
    lines = runs_table([RUN, EARLIER], now=NOW).text_within(80).splitlines()
    assert lines[0].split()[-1] == "rmse"
    assert lines[3] == "4 more columns: n_trees, lr, scaler, warm"


def test_a_page_says_what_it_leaves_out_of_very_wide_tables() -> None:
    runs = [make_run(metrics={f"m{i}": i / 3 for i in range(20)})]
    text = Page(runs_table(runs).html).text
    assert "12 metrics not shown · m8 · m9 · m10 · m11 · m12 · m13 · and 6 more" in text


def test_metrics_that_most_runs_have_come_first() -> None:
    runs = [
        make_run(metrics={"rare": 1.0, "often": 1.0}),
        make_run(metrics={"often": 2}),
    ]
    head = runs_table(runs).text_within(200).splitlines()[0]
    assert head.split()[5:] == ["often", "rare"]


def test_no_runs_says_what_to_do_next() -> None:
    view = runs_table([])
    assert view.text == "No runs yet: put %%track on top of a cell and execute it."
    assert Page(view.html).text == view.text
    assert runs_table([], empty="No run matches.").text == "No run matches."


def test_notes_stand_below() -> None:
    for runs in ([], [RUN]):
        text = runs_table(runs, notes=["2 failed runs hidden"]).text
        assert text.splitlines()[-1] == "2 failed runs hidden"


def test_nested_runs_are_marked() -> None:
    child = make_run("fold-1", tags={"mlflow.parentRunId": RUN.info.run_id})
    assert "↳ fold-1" in runs_table([RUN, child]).text_within(200)


def test_wide_characters_keep_columns_aligned() -> None:
    lines = runs_table([make_run("実験"), RUN], now=NOW).text_within(200).splitlines()
    assert lines[1].index("0198") + 2 == lines[2].index("0198")


def test_experiments_say_how_many_runs_and_which_is_current() -> None:
    rows = [
        ExperimentRow(Experiment("0", "Default", "", "active"), 0),
        ExperimentRow(Experiment("7", "churn", "", "deleted"), 12, START, current=True),
    ]
    assert experiments_table(rows, now=NOW).text.splitlines() == [
        "experiment                 id  runs  last run",
        f"Default                    0      0  {DASH}",
        "churn (current) (deleted)  7     12  3 min ago",
    ]


def test_the_status_says_what_is_on_where_and_at_what_cost() -> None:
    status = Status(
        store="/home/eva/a b/.celltrail",
        experiment="churn",
        runs=12,
        automatic=True,
        session_runs=1,
        session_cells=4,
        active_run="forest",
        size=1_234_567,
        seconds_per_cell=0.0021,
        notes=["3 lines could not be read: run celltrail doctor"],
    )
    assert status_view(status).text_within(100).splitlines() == [
        "celltrail",
        "store       /home/eva/a b/.celltrail",
        "experiment  churn",
        "holds       12 runs, 1.2 MB on disk",
        "tracks      every cell that yields a result, until %track off",
        "session     1 run in 4 cells",
        "open run    forest",
        "costs       2 ms a tracked cell",
        "3 lines could not be read: run celltrail doctor",
    ]
