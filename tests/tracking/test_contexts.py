"""Threads, tasks and worker processes log to the right run."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextvars import Context
from typing import TYPE_CHECKING, Any

import pytest

from tests.tracking import work

if TYPE_CHECKING:
    from pathlib import Path

METHODS = {"fork", "spawn"} & set(multiprocessing.get_all_start_methods())


def metrics_of(tracking: Any, run: Any) -> dict[str, float]:
    found: dict[str, float] = tracking.get_run(run.info.run_id).data.metrics
    return found


def in_thread(function: Any, *arguments: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def test_a_thread_logs_to_the_run_of_the_main_program(tracking: Any) -> None:
    with tracking.start_run() as run:
        in_thread(tracking.log_metric, "a", 1.0)
        with tracking.start_run(nested=True) as child:
            in_thread(tracking.log_metric, "b", 2.0)
        in_thread(tracking.log_metric, "c", 3.0)
    assert metrics_of(tracking, run) == {"a": 1.0, "c": 3.0}
    assert metrics_of(tracking, child) == {"b": 2.0}


def test_a_pool_outlives_runs_and_follows_each(tracking: Any) -> None:
    with ThreadPoolExecutor(2) as pool:
        for value in (1.0, 2.0):
            with tracking.start_run() as run:
                list(pool.map(lambda key, v=value: tracking.log_metric(key, v), "ab"))
            assert metrics_of(tracking, run) == {"a": value, "b": value}


def test_threads_with_runs_of_their_own_do_not_mix(tracking: Any) -> None:
    barrier = threading.Barrier(4)

    def train(number: int) -> str:
        with tracking.start_run() as run:
            barrier.wait()
            tracking.log_metric("n", number)
            barrier.wait()
        return str(run.info.run_id)

    with ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(train, range(4)))
    values = [tracking.get_run(run_id).data.metrics["n"] for run_id in ids]
    assert values == [0.0, 1.0, 2.0, 3.0]


def test_a_nested_run_in_a_thread_is_a_child_of_the_main_run(tracking: Any) -> None:
    def train() -> str:
        with tracking.start_run(nested=True) as run:
            tracking.log_metric("a", 1.0)
        return str(run.info.run_id)

    with tracking.start_run() as parent:
        child = in_thread(train)
    found = tracking.get_parent_run(child)
    assert found.info.run_id == parent.info.run_id


def test_a_thread_cannot_end_the_run_of_the_main_program(tracking: Any) -> None:
    with tracking.start_run() as run:
        in_thread(tracking.end_run)
        assert tracking.active_run() == run


def test_tasks_log_to_the_run_they_opened(tracking: Any) -> None:
    async def train(number: int, all_open: asyncio.Barrier) -> str:
        with tracking.start_run(nested=True) as run:
            await all_open.wait()
            tracking.log_metric("n", number)
            await asyncio.to_thread(tracking.log_metric, "t", number)
            await all_open.wait()
        return str(run.info.run_id)

    async def main() -> list[str]:
        barrier = asyncio.Barrier(3)
        return await asyncio.gather(*(train(n, barrier) for n in range(3)))

    with tracking.start_run() as parent:
        ids = asyncio.run(main())
    for number, run_id in enumerate(ids):
        assert tracking.get_run(run_id).data.metrics == {"n": number, "t": number}
        found = tracking.get_parent_run(run_id)
        assert found.info.run_id == parent.info.run_id


def test_a_task_inherits_the_run_around_it(tracking: Any) -> None:
    async def main() -> None:
        await asyncio.gather(*(step(n) for n in range(3)))

    async def step(number: int) -> None:
        tracking.log_metric("n", number, step=number)

    with tracking.start_run() as run:
        asyncio.run(main())
    assert metrics_of(tracking, run) == {"n": 2.0}


def test_a_run_is_found_from_a_context_that_does_not_know_it(tracking: Any) -> None:
    # Some kernels run each cell in a fresh context.
    run = Context().run(tracking.start_run)
    Context().run(tracking.log_metric, "a", 1.0)
    Context().run(tracking.log_metric, "a", 2.0, 1)
    Context().run(tracking.end_run)
    assert metrics_of(tracking, run) == {"a": 2.0}
    assert tracking.get_run(run.info.run_id).info.status == "FINISHED"


@pytest.mark.skipif("fork" not in METHODS, reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_logs_to_the_run_and_leaves_it_open(tracking: Any) -> None:
    with tracking.start_run() as run:
        tracking.log_metric("before", 1.0)
        child = os.fork()
        if child == 0:
            try:
                tracking.log_metric("before", 2.0, step=1)
                tracking.log_metric("in child", 3.0)
                tracking.end_run()
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert tracking.get_run(run.info.run_id).info.status == "RUNNING"
        tracking.log_metric("after", 4.0)
    assert metrics_of(tracking, run) == {"before": 2.0, "in child": 3.0, "after": 4.0}
    assert tracking.get_run(run.info.run_id).info.status == "FINISHED"


@pytest.mark.slow
@pytest.mark.parametrize("method", sorted(METHODS))
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_reused_workers_log_to_the_run_that_is_open_now(
    tracking: Any, method: str
) -> None:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        for value in (1.0, 2.0):
            with tracking.start_run() as run:
                list(pool.map(work.log, ["a", "b"], [value, value]))
            assert metrics_of(tracking, run) == {"a": value, "b": value}


@pytest.mark.slow
def test_joblib_workers_log_to_the_run_that_is_open_now(tracking: Any) -> None:
    joblib = pytest.importorskip("joblib")
    tracking.set_experiment("sweep")
    for value in (1.0, 2.0):
        with tracking.start_run() as run, joblib.Parallel(n_jobs=2) as parallel:
            parallel(joblib.delayed(work.log)(key, value) for key in "ab")
            children = parallel(joblib.delayed(work.nested)(n) for n in range(2))
        assert metrics_of(tracking, run) == {"a": value, "b": value}
        for number, child in enumerate(children):
            found = tracking.get_run(child)
            assert found.data.metrics == {"n": number}
            assert found.info.experiment_id == run.info.experiment_id
            assert found.info.status == "FINISHED"
            parent = tracking.get_parent_run(child)
            assert parent.info.run_id == run.info.run_id
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


@pytest.mark.slow
def test_a_process_uses_the_experiment_of_the_store_it_inherits(
    tracking: Any, folder: Path
) -> None:
    script = "import celltrail; celltrail.start_run(run_name='theirs')"
    tracking.set_experiment("mine")
    subprocess.run([sys.executable, "-c", script], check=True)
    assert tracking.search_runs()["tags.mlflow.runName"].tolist() == ["theirs"]
    # The experiments of one store mean nothing in another.
    tracking.set_tracking_uri(folder / "other")
    subprocess.run([sys.executable, "-c", script], check=True)
    found = tracking.search_runs(experiment_names=["Default"])
    assert found["tags.mlflow.runName"].tolist() == ["theirs"]


@pytest.mark.slow
def test_a_script_started_in_a_run_logs_to_it(tracking: Any, folder: Path) -> None:
    script = "import celltrail; celltrail.log_metric('a', 1.0)"
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    with tracking.start_run() as run:
        subprocess.run([sys.executable, "-c", script], check=True, cwd=elsewhere)
    assert metrics_of(tracking, run) == {"a": 1.0}
    assert list(elsewhere.iterdir()) == []
