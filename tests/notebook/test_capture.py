"""What is found of what is wanted, and that looking for it changes nothing."""

from __future__ import annotations

import importlib.util
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from celltrail.notebook.capture import (
    Captured,
    Memory,
    Recorder,
    analyse,
    collect,
    failed_line,
    learn,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _load(name: str) -> Any:
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


TABLE = _load("capture_cases")
# What is reached: how many of the wanted may be missing, and how many more be found.
MISSING = {"CASES": 0, "UNSEEN": 1}
NOISE = {"CASES": 0, "UNSEEN": 1}


def new_shell() -> Any:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell: Any = InteractiveShell(config=config)
    shell.events.callbacks["post_execute"].clear()
    return shell


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("MPLBACKEND", "agg")
    return new_shell()


class Tracked:
    """A shell whose `run` tracks a cell as an extension would."""

    def __init__(self, shell: Any) -> None:
        self.shell = shell
        self.memory = Memory()
        self.recorder = Recorder(shell)
        self.result: Any = None

    def before(self, code: str) -> None:
        result = self.shell.run_cell(code)
        result.raise_error()
        learn(analyse(code), self.shell.user_ns, self.memory)

    def run(self, code: str, printed: Callable[[], str] = str) -> Captured:
        plan = analyse(code)
        self.recorder.begin()
        try:
            self.result = self.shell.run_cell(code)
        finally:
            records = self.recorder.end()
        error = self.result.error_in_exec
        line = failed_line(code, error, self.shell) if error else None
        return collect(
            plan,
            self.shell.user_ns,
            records,
            self.memory,
            printed=printed(),
            failed_line=line,
        )


@pytest.fixture
def tracked(shell: Any) -> Tracked:
    return Tracked(shell)


def equal(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        return isinstance(found, float) and math.isclose(found, wanted)
    if isinstance(wanted, list | tuple):
        return (
            type(found) is type(wanted)
            and len(found) == len(wanted)
            and all(map(equal, found, wanted))
        )
    return type(found) is type(wanted) and bool(found == wanted)


class Score:
    """Counts found, wanted and noise of one kind."""

    def __init__(self) -> None:
        self.found = self.wanted = self.noise = 0
        self.remarks: list[str] = []

    def add(self, name: str, found: dict[str, Any], wanted: Any) -> None:
        left = dict(found)
        for names in wanted:
            self.wanted += 1
            key = next((k for k in names.split("|") if k in left), None)
            value = left.pop(key) if key is not None else None
            if key is None or (
                isinstance(wanted, dict) and not equal(value, wanted[names])
            ):
                self.remarks.append(f"{name}: {names} is missing ({value!r})")
            else:
                self.found += 1
        self.noise += len(left)
        self.remarks += [f"{name}: {k}={v!r} is noise" for k, v in left.items()]


def run_case(case: Any, capsys: pytest.CaptureFixture[str]) -> Captured:
    tracked = Tracked(new_shell())
    for cell in case.setup:
        tracked.before(cell)
    capsys.readouterr()
    captured = tracked.run(case.cell, printed=lambda: capsys.readouterr().out)
    assert tracked.result.success is not case.fails, case.name
    return captured


@pytest.mark.parametrize("table", ["CASES", "UNSEEN"])
@pytest.mark.filterwarnings("ignore")
def test_what_is_wanted_is_found_with_little_noise(
    table: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")
    scores = {"params": Score(), "metrics": Score(), "values": Score()}
    for case in getattr(TABLE, table):
        captured = run_case(case, capsys)
        scores["params"].add(case.name, captured.params, case.params)
        metrics = {**captured.metrics, **captured.curves}
        scores["metrics"].add(case.name, metrics, case.metrics)
        scores["values"].add(case.name, captured.values, case.values)
    report = "  ".join(
        f"{kind} {s.found}/{s.wanted} noise {s.noise}" for kind, s in scores.items()
    )
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    with capsys.disabled():
        if terminal is not None:
            terminal.write_line(f"\n{table}: {report}")
    remarks = [remark for score in scores.values() for remark in score.remarks]
    missing = sum(score.wanted - score.found for score in scores.values())
    assert missing <= MISSING[table], remarks
    assert sum(score.noise for score in scores.values()) <= NOISE[table], remarks


def test_there_are_many_cells() -> None:
    assert len(TABLE.CASES) >= 40


# --- rules, one by one -----------------------------------------------------------


def test_curves_have_every_point(tracked: Tracked) -> None:
    captured = tracked.run(
        "losses = []\nfor epoch in range(4):\n    losses.append(1.0 / (epoch + 1))"
    )
    assert captured.curves == {"loss": [1.0, 0.5, 1 / 3, 0.25]}
    assert captured.metrics == {}


def test_a_metric_bound_in_a_loop_is_a_curve(tracked: Tracked) -> None:
    captured = tracked.run("for epoch in range(3):\n    val_loss = epoch / 2")
    assert captured.curves == {"val_loss": [0.0, 0.5, 1.0]}


def test_a_metric_by_name_is_no_param_though_it_is_constant(tracked: Tracked) -> None:
    captured = tracked.run("lr = 0.1\nloss = lr * 2\nauc = 0.91")
    assert captured.params == {"lr": 0.1}
    assert captured.metrics == {"loss": 0.2, "auc": 0.91}
    captured = tracked.run("loss = 'mse'\nprecision = 16\ntarget_accuracy = 0.9")
    assert captured == Captured(
        params={"loss": "mse", "precision": 16, "target_accuracy": 0.9}
    )


def test_folds_have_mean_and_deviation(tracked: Tracked) -> None:
    tracked.before(
        "class K:\n    def split(self, X): return iter([(0, 1), (2, 3)])\nX = object()"
    )
    captured = tracked.run(
        "scores = []\nfor a, b in K().split(X):\n    scores.append(float(a))"
    )
    assert captured.metrics == {"score_mean": 1.0, "score_std": 1.0}


def test_values_left_from_an_earlier_execution_are_not_taken(tracked: Tracked) -> None:
    tracked.run("acc = float('0.5')\nn_rows = len('abc')")
    captured = tracked.run("lr = 0.1\n1 / 0\nacc = float('0.9')\nn_rows = len('abcd')")
    assert captured == Captured(params={"lr": 0.1})


def test_the_failed_line_is_found_below_magics_and_blank_lines(
    tracked: Tracked,
) -> None:
    tracked.before("acc = f1 = float('0.5')")
    captured = tracked.run("\n\n%%time\nacc = len('a')\n\n1 / 0\nf1 = len('b')")
    assert captured.metrics == {"acc": 1.0}
    captured = tracked.run("\n\nacc = len('a')\n\nint('x')\nf1 = len('b')")
    assert captured.metrics == {"acc": 1.0}


def test_params_after_the_error_are_kept(tracked: Tracked) -> None:
    captured = tracked.run("1 / 0\nlr = 0.1\nbatch = 2 * 32")
    assert captured.params == {"lr": 0.1, "batch": 64}


def test_an_earlier_name_that_became_a_result_is_no_param(tracked: Tracked) -> None:
    tracked.before("lr = 0.1")
    assert tracked.run("x = [lr]").params == {"lr": 0.1}
    tracked.before("lr = len('abc')")
    assert tracked.run("x = [lr]").params == {}


def test_a_changed_dict_is_taken_as_it_is_now(tracked: Tracked) -> None:
    tracked.before("cfg = {'lr': 0.1}")
    tracked.shell.user_ns["cfg"]["lr"] = 0.5
    assert tracked.run("x = cfg['lr']").params == {"cfg.lr": 0.5}


LOADERS = """
class DataLoader:
    def __init__(self, data, batch_size=1, shuffle=False): pass
"""


def test_arguments_that_clash_are_told_apart(tracked: Tracked) -> None:
    tracked.before(LOADERS)
    captured = tracked.run(
        "train_loader = DataLoader([1], batch_size=4, shuffle=True)\n"
        "val_loader = DataLoader([1], batch_size=4, shuffle=False)"
    )
    assert captured.params == {
        "batch_size": 4,
        "train_loader.shuffle": True,
        "val_loader.shuffle": False,
    }
    captured = tracked.run("loaders = [DataLoader('a', 2), DataLoader('a', 3)]")
    assert captured.params == {
        "data": "a",
        "DataLoader.batch_size": 2,
        "DataLoader_2.batch_size": 3,
    }


def test_a_function_that_only_draws_has_no_params(tracked: Tracked) -> None:
    tracked.before(
        "class plt:\n    plot = staticmethod(print)\n"
        "def finish(name, dpi=300):\n    plt.plot(name, dpi)\n"
        "def train(lr=0.1):\n    plt.plot(lr)\n    return lr"
    )
    assert tracked.run("finish('curve')").params == {}
    assert tracked.run("model = train()").params == {"lr": 0.1}


HOSTILE = """
class Hostile:
    def __getattribute__(self, name):
        touched.append(name)
        raise RuntimeError(name)
    def __repr__(self): touched.append("repr"); raise RuntimeError
    def __eq__(self, other): touched.append("eq"); raise RuntimeError
    def __hash__(self): return 1
    def __bool__(self): touched.append("bool"); raise RuntimeError
    def __len__(self): touched.append("len"); raise RuntimeError
    def __iter__(self): touched.append("iter"); raise RuntimeError
    def __float__(self): touched.append("float"); raise RuntimeError
touched = []
def made(): return Hostile()
def numbers():
    touched.append("advanced")
    yield 1.0
"""


def test_unknown_objects_are_not_touched(tracked: Tracked) -> None:
    tracked.before(HOSTILE)
    captured = tracked.run(
        "score = made()\n"
        "losses = [made()]\n"
        "results = {'acc': made(), made(): 1}\n"
        "cfg = made()\n"
        "f1 = numbers()\n"
        "best = made()\n"
        "history = made()\n"
        "class M:\n    fit = staticmethod(made)\n"
        "trained = M.fit()\n"
        "for i in range(2): loss = made()"
    )
    assert tracked.result.success
    assert tracked.shell.user_ns["touched"] == []
    assert captured == Captured()


def test_generators_are_not_advanced(tracked: Tracked) -> None:
    tracked.before(HOSTILE + "def f1_score(*a): return numbers()")
    tracked.run("print('f1:', f1_score(1, 2))")
    assert tracked.shell.user_ns["touched"] == []


def test_infinite_and_missing_numbers_are_kept(tracked: Tracked) -> None:
    captured = tracked.run("loss = float('nan') + len('')\nerror = float('inf') * 2.0")
    assert math.isnan(captured.metrics["loss"])


def test_what_functions_print_is_read(
    tracked: Tracked, capsys: pytest.CaptureFixture[str]
) -> None:
    tracked.before("def test():\n    a = 0.75\n    print(f'Accuracy: {100*a:.1f}%')")
    captured = tracked.run("test()", printed=lambda: capsys.readouterr().out)
    assert captured.metrics == {"accuracy": 75.0}


def test_what_is_printed_and_known_is_not_taken_twice(
    tracked: Tracked, capsys: pytest.CaptureFixture[str]
) -> None:
    captured = tracked.run(
        "auc = 1 / len('abc')\nprint(f'Test AUC: {auc:.3f} ({auc:.1%})')",
        printed=lambda: capsys.readouterr().out,
    )
    assert captured.metrics == {"auc": 1 / 3}


# --- nothing changes ---------------------------------------------------------------

SETUP = """
def accuracy_score(*args):
    if args and args[0] == "bad":
        raise ValueError("bad input")
    return 0.5
class Model:
    best_score_ = 0.75
    def score(self, *args):
        return accuracy_score(*args)
    @property
    def rsquared(self):
        raise AttributeError("not fitted")
model = Model()
"""
RAISING = {
    "in print": 'print("Accuracy:", accuracy_score("bad"))',
    "in an f-string": "print(f\"acc {model.score('bad'):.3f}\")",
    "last expression": 'x = 1\nmodel.score(\n    "bad",\n    2,\n)',
    "attribute": "print(model.rsquared)",
    "nested": 'for i in range(2):\n    acc = accuracy_score("bad" if i else "good")',
    "chained": (
        "try:\n    print(model.score('bad'))\n"
        "except ValueError as e:\n    raise KeyError('x') from e"
    ),
    "format of a measure": 'print(f"acc: {accuracy_score(1):q}")',
    "assert": 'assert accuracy_score(1) > 0.9, "too low"',
}


def traceback_of(code: str, mode: str, *, tracked: bool) -> str:
    shell = new_shell()
    shell.run_cell(SETUP, store_history=True)
    shell.InteractiveTB.set_mode(mode)
    recorder = Recorder(shell)
    if tracked:
        recorder.begin()
    result = shell.run_cell(code, store_history=True)
    recorder.end()
    assert not result.success
    error = result.error_in_exec
    lines = shell.InteractiveTB.structured_traceback(
        type(error), error, error.__traceback__, tb_offset=1
    )
    return re.sub(r"0x[0-9a-f]+", "0x", "\n".join(lines))


MODES = ["Plain", "Context", "Verbose", "Minimal", "Docs"]


# IPython itself fails on chained errors in the mode Docs.
@pytest.mark.parametrize(
    ("where", "mode"),
    [(w, m) for w in RAISING for m in MODES if (w, m) != ("chained", "Docs")],
)
def test_tracebacks_are_the_same(
    where: str, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plain = traceback_of(RAISING[where], mode, tracked=False)
    shown = capsys.readouterr()
    assert traceback_of(RAISING[where], mode, tracked=True) == plain
    again = capsys.readouterr()
    assert re.sub(r"0x\w+", "", again.out) == re.sub(r"0x\w+", "", shown.out)


def test_the_wrapped_value_is_the_same_object(tracked: Tracked) -> None:
    tracked.before("marker = object()\ndef f1_score(): return marker")
    tracked.run("f1_score()")
    assert tracked.result.result is tracked.shell.user_ns["marker"]


def test_out_and_underscore_work(tracked: Tracked) -> None:
    tracked.before("def f1_score(): return 0.25")
    shell = tracked.shell
    tracked.recorder.begin()
    shell.run_cell("f1_score()", store_history=True)
    tracked.recorder.end()
    assert shell.user_ns["_"] == 0.25
    assert list(shell.user_ns["Out"].values())[-1] == 0.25


def test_top_level_await_and_nested_magics_are_recorded(tracked: Tracked) -> None:
    tracked.before("async def f1_score(): return 0.25")
    assert tracked.run("print(await f1_score())").metrics == {"f1": 0.25}
    tracked.before("def f1_score(): return 0.5")
    assert tracked.run("%%time\nprint(f1_score())").metrics == {"f1": 0.5}


def test_timeit_is_left_alone(tracked: Tracked) -> None:
    tracked.before("def f1_score(): return 0.25")
    assert tracked.run("%timeit -n 2 -r 1 f1_score()").metrics == {}


def test_nothing_stays_in_the_namespace(tracked: Tracked) -> None:
    tracked.before("def f1_score(): return 0.25")
    before = set(tracked.shell.user_ns)
    tracked.run("print(f1_score(), sorted(globals()) and None)")
    names = set(tracked.shell.user_ns) - before
    assert {name for name in names if not name.startswith("_i")} == set()
    assert tracked.shell.ast_transformers == []
    import builtins

    assert not hasattr(builtins, "__celltrail_record__")


def test_a_function_keeps_its_code(tracked: Tracked) -> None:
    tracked.before("def f1_score(): return 0.25")
    tracked.run("def report():\n    print('f1:', f1_score())\nreport()")
    assert (
        "__celltrail_record__" not in tracked.shell.user_ns["report"].__code__.co_names
    )


def test_a_cell_run_inside_a_tracked_cell_has_its_own_records(tracked: Tracked) -> None:
    tracked.before("def f1_score(x): return x")
    recorder = tracked.recorder
    recorder.begin()
    tracked.shell.run_cell("print(f1_score(0.1))")
    recorder.begin()
    tracked.shell.run_cell("print(f1_score(0.2))")
    inner = recorder.end()
    outer = recorder.end()
    assert [r.points for r in inner] == [[0.2]]
    assert [r.points for r in outer] == [[0.1]]


def test_long_loops_are_thinned_out(tracked: Tracked) -> None:
    captured = tracked.run("for i in range(100_000): loss = i / 2")
    points = captured.curves["loss"]
    assert len(points) <= 20_000
    assert points[:2] == [0.0, 4.0]


# --- any text, any program -----------------------------------------------------------

PIECES = [
    "score",
    "= 1",
    "f'{x:",
    "print(",
    ")",
    "\n    ",
    "\n",
    "for a in ",
    "%time ",
    "%%time\n",
    "!ls",
    "lambda x: ",
    "[",
    "]",
    "{",
    "}",
    "'",
    "def f(a=1):",
    "class A:",
    "await ",
    "match x:\n case ",
    "\\",
    "\x00",
    "acc := ",
    "?",
    ";",
    "import ",
    "del ",
    "*",
]


@given(st.text())
@example("def f(:\n")
@example("(" * 500)
@example("-" * 5000 + "1")
@example("a." * 3000 + "b")
def test_any_text_can_be_analysed(text: str) -> None:
    analyse(text)


@given(
    st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=20).map("".join)
)
def test_any_mix_of_code_can_be_analysed(text: str) -> None:
    analyse(text)


def test_real_modules_can_be_analysed() -> None:
    import celltrail

    for path in Path(celltrail.__file__).parent.rglob("*.py"):
        analyse(path.read_text(encoding="utf-8"))


EXPRESSIONS = st.recursive(
    st.sampled_from(
        [
            "x",
            "2",
            "'Accuracy:'",
            "accuracy_score(x)",
            "accuracy_score('bad')",
            "m.score(X_train, x)",
            "m.best_score_",
            "m.rsquared",
            "cross_val_score(m, x, scoring='f1')",
            "(y := accuracy_score(x))",
            "[f1_score(i) for i in range(2)]",
            "(f1_score(i) for i in range(2))",
            "m.best_params_",
        ]
    ),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]}, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"print({p[0]}, {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} if {p[1]} else 3)"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} and {p[1]})"),
        inner.map(lambda e: f"{{'acc': {e}}}"),
        inner.map(lambda e: f"f1_score({e})"),
        inner.map(lambda e: f"str({e})"),
        inner.map(lambda e: f"(lambda: {e})()"),
    ),
    max_leaves=5,
)
STATEMENTS = st.recursive(
    st.one_of(
        EXPRESSIONS,
        EXPRESSIONS.map(lambda e: f"acc = {e}"),
        EXPRESSIONS.map(lambda e: f"other, loss = {e}, 1"),
        EXPRESSIONS.map(lambda e: f'print(f"acc: {{{e}}} loss={{x}}")'),
        EXPRESSIONS.map(lambda e: f"assert {e}, 'message'"),
        EXPRESSIONS.map(lambda e: f"d[0] = {e}"),
        EXPRESSIONS.map(lambda e: f"total += len(str({e}))"),
        EXPRESSIONS.map(lambda e: f"def g():\n    return {e}\ng()"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("\n".join),
        inner.map(lambda s: "for x in range(3):\n" + indent(s)),
        inner.map(lambda s: "if accuracy_score(x) > 0.2:\n" + indent(s)),
        inner.map(lambda s: "try:\n" + indent(s) + "\nfinally:\n    print('end')"),
        inner.map(
            lambda s: "try:\n" + indent(s) + "\nexcept ValueError as e:\n    print(e)"
        ),
        inner.map(lambda s: "while total < 2:\n    total += 1\n" + indent(s)),
        inner.map(lambda s: "match x:\n    case 1 | 2:\n" + indent(indent(s))),
    ),
    max_leaves=6,
)


def indent(code: str) -> str:
    return "\n".join("    " + line for line in code.splitlines())


WORLD = """
log = []
def f1_score(*a, **k):
    log.append(("f1", len(a)))
    return len(a) / 2
def accuracy_score(*a):
    log.append(("acc", a[:1]))
    if a[:1] == ("bad",):
        raise ValueError("bad")
    return 0.25
def cross_val_score(*a, **k):
    log.append("cv")
    return [0.5, 0.75]
class M:
    best_score_ = 0.5
    best_params_ = {"C": 1}
    def score(self, *a):
        log.append("score")
        return 0.75
    @property
    def rsquared(self):
        log.append("r2")
        raise AttributeError("r2")
m, x, X_train, d, total, acc, loss, y = M(), 1, 2, {}, 0, 0, 0, 0
"""


class FakeShell:
    """All of a shell that the recorder needs, for programs run by the hundred."""

    def __init__(self) -> None:
        self.ast_transformers: list[Any] = []


def run_program(code: str, *, tracked: bool) -> tuple[Any, ...]:
    """Return what a program did: printed, called, raised (with lines), left behind."""
    import ast
    import contextlib
    import io
    import traceback

    namespace: dict[str, Any] = {}
    exec(WORLD, namespace)  # noqa: S102 - the world is ours
    recorder = Recorder(FakeShell())
    out, raised = io.StringIO(), ""
    tree = ast.parse(code)
    if tracked:
        recorder.begin()
        tree = recorder.visit(tree)
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(tree, "<cell>", "exec"), namespace)  # noqa: S102
        except Exception as error:  # noqa: BLE001
            frames = traceback.extract_tb(error.__traceback__)
            raised = repr((error, [(f.name, f.lineno, f.colno) for f in frames]))
    recorder.end()
    names = {k: repr(namespace.get(k)) for k in ("acc", "loss", "total", "d", "x", "y")}
    text = re.sub(r"0x[0-9a-f]+", "0x", out.getvalue() + raised + str(names))
    return text, namespace["log"]


@settings(deadline=None)
@given(STATEMENTS)
def test_a_wrapped_program_does_what_it_did(code: str) -> None:
    assert run_program(code, tracked=True) == run_program(code, tracked=False)
