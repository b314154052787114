"""Cells that the rules of capture were not made from, judged before they were tried.

They follow the notebooks people copy from: quick starts of libraries, competition
kernels, course exercises. What is not found here shows how far the rules reach.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from capture_cases import Case


def _cases() -> object:
    name = "capture_cases"
    if name not in sys.modules:
        path = Path(__file__).with_name(f"{name}.py")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


SEEN = _cases()
case = SEEN.case  # type: ignore[attr-defined]
FITTED: str = SEEN.FITTED  # type: ignore[attr-defined]
SPLIT: str = SEEN.SPLIT  # type: ignore[attr-defined]
TORCH: str = SEEN.TORCH  # type: ignore[attr-defined]
FRAME: str = SEEN.FRAME  # type: ignore[attr-defined]
PLOT: str = SEEN.PLOT  # type: ignore[attr-defined]

UNSEEN: list[Case] = [
    case(
        "torch quick start: functions that print",
        """
        epochs = 2
        for t in range(epochs):
            print(f"Epoch {t+1}\\n-------------------------------")
            train(loader, net, criterion, optimizer)
            test(loader, net, criterion)
        print("Done!")
        """,
        setup=(
            TORCH,
            """
            learning_rate = 1e-3
            net = Net(); optimizer = SGD(net.parameters(), lr=learning_rate)
            loader = DataLoader(dataset)
            def train(dataloader, model, loss_fn, optimizer):
                size = len(dataloader)
                for batch, (X, y) in enumerate(dataloader):
                    loss = loss_fn(model(X), y)
                    loss.backward()
                    if batch % 2 == 0:
                        print(f"loss: {loss.item():>7f}  [{batch:>5d}/{size:>5d}]")
            def test(dataloader, model, loss_fn):
                test_loss, correct = 0, 0
                for X, y in dataloader:
                    test_loss += loss_fn(model(X), y).item()
                    correct += 1
                test_loss /= len(dataloader)
                correct /= len(dataloader) * 2
                print(f"Test Error: \\n Accuracy: {(100*correct):>0.1f}%, "
                      f"Avg loss: {test_loss:>8f} \\n")
            """,
        ),
        params={"epochs": 2},
        metrics=("loss", "accuracy", "avg_loss|test_loss"),
    ),
    case(
        "torch model and optimizer by position",
        """
        device = "cpu"
        hidden_size = 128
        model = Net(hidden_size, 0.25)
        criterion = CrossEntropyLoss(label_smoothing=0.1)
        optimizer = SGD(model.parameters(), 1e-2, momentum=0.9)
        scheduler = StepLR(optimizer, step_size=7, gamma=0.1)
        """,
        setup=(
            TORCH,
            """
            class CrossEntropyLoss:
                def __init__(self, label_smoothing=0.0): pass
            class StepLR:
                def __init__(self, optimizer, step_size, gamma=0.1): pass
            """,
        ),
        params={
            "device": "cpu",
            "hidden_size": 128,
            "dropout": 0.25,
            "label_smoothing": 0.1,
            "lr": 0.01,
            "momentum": 0.9,
            "step_size": 7,
            "gamma": 0.1,
        },
    ),
    case(
        "transfer learning loop with phases",
        """
        num_epochs = 2
        best_acc = 0.0
        for epoch in range(num_epochs):
            for phase in ["train", "val"]:
                running_loss, running_corrects = 0.0, 0
                for inputs, labels in loader:
                    loss = criterion(net(inputs), labels)
                    running_loss += loss.item()
                    running_corrects += 1
                epoch_loss = running_loss / len(loader)
                epoch_acc = running_corrects / (2 * len(loader))
                print(f"{phase} Loss: {epoch_loss:.4f} Acc: {epoch_acc:.4f}")
                if phase == "val" and epoch_acc > best_acc:
                    best_acc = epoch_acc
        print(f"Best val Acc: {best_acc:4f}")
        """,
        setup=(TORCH, "net = Net(); loader = DataLoader(dataset)"),
        params={"num_epochs": 2},
        metrics=("epoch_loss", "epoch_acc", "best_acc"),
    ),
    case(
        "lightgbm-like kernel",
        """
        params = {
            "objective": "binary",
            "metric": "auc",
            "num_leaves": 31,
            "learning_rate": 0.05,
            "verbose": -1,
        }
        folds = KFold(n_splits=3, shuffle=True, random_state=2024)
        oof_preds = np.zeros(len(X))
        scores = []
        for n_fold, (trn_idx, val_idx) in enumerate(folds.split(X, y)):
            clf = LGBMClassifier(**params, n_estimators=50)
            clf.fit(X[trn_idx], y[trn_idx], eval_metric="auc")
            oof_preds[val_idx] = clf.predict_proba(X[val_idx])[:, 1]
            score = roc_auc_score(y[val_idx], oof_preds[val_idx])
            scores.append(score)
            print("Fold %2d AUC : %.6f" % (n_fold + 1, score))
        print("Full AUC score %.6f" % roc_auc_score(y, oof_preds))
        """,
        setup=(
            SPLIT,
            """
            from sklearn.linear_model import LogisticRegression
            from sklearn.metrics import roc_auc_score
            from sklearn.model_selection import KFold
            class LGBMClassifier:
                def __init__(self, **kw): self.m = LogisticRegression()
                def fit(self, X, y, **kw): self.m.fit(X, y); return self
                def predict_proba(self, X): return self.m.predict_proba(X)
            """,
        ),
        params={
            "params.objective": "binary",
            "params.metric": "auc",
            "params.num_leaves": 31,
            "params.learning_rate": 0.05,
            "n_splits": 3,
            "shuffle": True,
            "random_state": 2024,
            "n_estimators": 50,
        },
        metrics=("score_mean|scores_mean", "score_std|scores_std", "roc_auc|auc_score"),
    ),
    case(
        "titanic-like features",
        """
        df["family_size"] = df["age"].fillna(df["age"].median()) + 1
        df["is_alone"] = (df["family_size"] == 1).astype(int)
        bins = [0, 18, 40, 100]
        df["age_group"] = pd.cut(df["age"], bins=bins, labels=["young", "mid", "old"])
        survival_rate = df["is_alone"].mean()
        df[["age_group", "income"]].groupby("age_group", observed=True).mean()
        """,
        setup=(FRAME,),
        params={"bins": [0, 18, 40, 100]},
        values=("survival_rate",),
    ),
    case(
        "polynomial degree study",
        """
        from sklearn.linear_model import LinearRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import PolynomialFeatures
        from sklearn.metrics import mean_squared_error
        degrees = range(1, 4)
        train_errors, test_errors = [], []
        for d in degrees:
            m = make_pipeline(PolynomialFeatures(d), LinearRegression())
            m.fit(X_train, y_train)
            train_errors.append(mean_squared_error(y_train, m.predict(X_train)))
            test_errors.append(mean_squared_error(y_test, m.predict(X_test)))
        best_degree = degrees[int(np.argmin(test_errors))]
        """,
        setup=(SPLIT,),
        params={"degrees": [1, 2, 3]},
        metrics=("train_error|train_errors", "test_error|test_errors"),
        values=("best_degree",),
    ),
    case(
        "results collected as rows",
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import accuracy_score, f1_score
        rows = []
        for C in (0.1, 1.0):
            clf = LogisticRegression(C=C, max_iter=200).fit(X_train, y_train)
            pred = clf.predict(X_test)
            rows.append({"C": C, "accuracy": accuracy_score(y_test, pred),
                         "f1": f1_score(y_test, pred)})
        results = pd.DataFrame(rows).set_index("C")
        results
        """,
        setup=(SPLIT,),
        params={"max_iter": 200},
        metrics=("accuracy|rows.accuracy", "f1|rows.f1"),
    ),
    case(
        "classification report as a dict",
        """
        from sklearn.metrics import classification_report
        report = classification_report(y_test, y_pred, output_dict=True)
        print(report["accuracy"], report["macro avg"]["f1-score"])
        """,
        setup=(FITTED,),
        metrics=(
            "accuracy",
            "0.f1-score",
            "0.precision",
            "0.recall",
            "1.f1-score",
            "1.precision",
            "1.recall",
            "macro avg.f1-score",
            "macro avg.precision",
            "macro avg.recall",
            "weighted avg.f1-score",
            "weighted avg.precision",
            "weighted avg.recall",
        ),
    ),
    case(
        "optuna-like study",
        """
        def objective(trial):
            lr = trial.suggest_float("lr", 1e-4, 1e-1)
            return (lr - 0.01) ** 2
        study = create_study(direction="minimize")
        study.optimize(objective, n_trials=5)
        print("best value:", study.best_value)
        print("best params:", study.best_params)
        """,
        setup=(
            """
            class Trial:
                def suggest_float(self, name, low, high): return (low + high) / 2
            class Study:
                def optimize(self, f, n_trials=1):
                    self.best_value = min(f(Trial()) for _ in range(n_trials))
                    self.best_params = {"lr": 0.05}
            def create_study(direction="minimize"): return Study()
            """,
        ),
        params={"direction": "minimize", "n_trials": 5},
        metrics=("best_value",),
        values=("best_params.lr",),
    ),
    case(
        "hugging face-like training arguments",
        """
        training_args = TrainingArguments(
            output_dir="out", learning_rate=2e-5, num_train_epochs=3, weight_decay=0.01)
        trainer = Trainer(model=None, args=training_args)
        train_result = trainer.train()
        metrics = trainer.evaluate()
        metrics
        """,
        setup=(
            """
            from dataclasses import dataclass
            @dataclass
            class TrainingArguments:
                output_dir: str
                learning_rate: float = 5e-5
                num_train_epochs: float = 3.0
                weight_decay: float = 0.0
                seed: int = 42
            class Trainer:
                def __init__(self, model=None, args=None): pass
                def train(self): return object()
                def evaluate(self):
                    return {"eval_loss": 0.4, "eval_accuracy": 0.9,
                            "eval_runtime": 12.3, "epoch": 3.0}
            """,
        ),
        params={
            "training_args.output_dir": "out",
            "training_args.learning_rate": 2e-5,
            "training_args.num_train_epochs": 3,
            "training_args.weight_decay": 0.01,
            "training_args.seed": 42,
        },
        metrics=("eval_loss", "eval_accuracy"),
    ),
    case(
        "linear regression with numpy",
        """
        rng = np.random.default_rng(0)
        n, p = 100, 3
        beta = np.array([1.0, -2.0, 0.5])
        A = rng.normal(size=(n, p))
        b = A @ beta + rng.normal(scale=0.1, size=n)
        beta_hat, residuals, rank, sv = np.linalg.lstsq(A, b, rcond=None)
        rmse = np.sqrt(np.mean((A @ beta_hat - b) ** 2))
        print("RMSE", round(rmse, 4))
        """,
        setup=("import numpy as np",),
        params={"seed": 0, "n": 100, "p": 3, "beta": [1.0, -2.0, 0.5]},
        metrics=("rmse",),
        values=("rank",),
    ),
    case(
        "bootstrap interval",
        """
        n_boot = 50
        ci = 0.95
        rng = np.random.default_rng(42)
        boots = [rng.choice(income, size=len(income)).mean() for _ in range(n_boot)]
        lo, hi = np.percentile(boots, [2.5, 97.5])
        print(f"{ci:.0%} CI: [{lo:.2f}, {hi:.2f}]")
        """,
        setup=("import numpy as np; income = np.arange(30.0)",),
        params={"n_boot": 50, "ci": 0.95, "seed": 42},
        values=("lo", "hi"),
    ),
    case(
        "k-means elbow",
        """
        from sklearn.cluster import KMeans
        inertias = []
        K = range(1, 5)
        for k in K:
            km = KMeans(n_clusters=k, n_init="auto", random_state=42).fit(X)
            inertias.append(km.inertia_)
        """,
        setup=(SPLIT,),
        params={"K": [1, 2, 3, 4], "n_init": "auto", "random_state": 42},
        metrics=("inertia|inertias",),
    ),
    case(
        "reinforcement learning",
        """
        alpha, gamma, epsilon = 0.1, 0.99, 0.1
        n_episodes = 4
        Q = {}
        rewards = []
        for episode in range(n_episodes):
            state, done, total_reward = 0, False, 0
            while not done:
                total_reward += 1
                state += 1
                done = state > episode
            rewards.append(total_reward)
        avg_reward = sum(rewards) / len(rewards)
        """,
        params={"alpha": 0.1, "gamma": 0.99, "epsilon": 0.1, "n_episodes": 4},
        metrics=("reward|rewards", "avg_reward"),
    ),
    case(
        "retrieval-augmented generation",
        """
        from types import SimpleNamespace
        CHUNK_SIZE = 500
        CHUNK_OVERLAP = 50
        TOP_K = 4
        index = build_index(docs, chunk_size=CHUNK_SIZE, overlap=CHUNK_OVERLAP)
        response = chat(model="small-model", temperature=0.0, max_tokens=128,
                        messages=[{"role": "user", "content": "hello"}])
        hit_rate = sum(q in index for q in docs) / len(docs)
        """,
        setup=(
            """
            docs = get_docs = ["a", "b"]
            def build_index(docs, chunk_size, overlap): return set(docs)
            def chat(**kw): return "hi"
            """,
        ),
        params={
            "CHUNK_SIZE": 500,
            "CHUNK_OVERLAP": 50,
            "TOP_K": 4,
            "model": "small-model",
            "temperature": 0.0,
            "max_tokens": 128,
        },
        values=("hit_rate",),
    ),
    case(
        "sql and a frame",
        """
        import sqlite3
        con = sqlite3.connect(":memory:")
        df.to_sql("people", con, index=False)
        query = "SELECT city, avg(income) AS income FROM people GROUP BY city"
        by_city = pd.read_sql(query, con)
        con.close()
        by_city
        """,
        setup=(FRAME,),
        params={"query": "SELECT city, avg(income) AS income FROM people GROUP BY city"},
    ),
    case(
        "calibration and brier",
        """
        from sklearn.calibration import CalibratedClassifierCV
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import brier_score_loss
        cal = CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=3)
        cal.fit(X_train, y_train)
        brier = brier_score_loss(y_test, cal.predict_proba(X_test)[:, 1])
        print(f"Brier score: {brier:.4f}")
        """,
        setup=(SPLIT,),
        params={"method": "isotonic", "cv": 3},
        metrics=("brier",),
    ),
    case(
        "permutation importance",
        """
        from sklearn.inspection import permutation_importance
        result = permutation_importance(model, X_test, y_test, n_repeats=3,
                                        random_state=0)
        top = result.importances_mean.argsort()[::-1][:3]
        top_importance = result.importances_mean[top[0]]
        """,
        setup=(FITTED,),
        params={"n_repeats": 3, "random_state": 0},
        values=("top_importance",),
    ),
    case(
        "roc curve plotted with its area in the legend",
        """
        from sklearn.metrics import auc, roc_curve
        fpr, tpr, thresholds = roc_curve(y_test, y_proba)
        roc_auc = auc(fpr, tpr)
        plt.figure(figsize=(4, 3))
        plt.plot(fpr, tpr, lw=2, label="ROC (area = %0.2f)" % roc_auc)
        plt.plot([0, 1], [0, 1], ls="--")
        plt.legend(loc="lower right")
        plt.close("all")
        """,
        setup=(FITTED, PLOT),
        metrics=("roc_auc",),
    ),
    case(
        "gym of asserts",
        """
        from sklearn.metrics import accuracy_score
        expected = 0.5
        assert accuracy_score(y_test, y_pred) > expected, "too bad"
        """,
        setup=(FITTED,),
        params={"expected": 0.5},
        metrics=("accuracy",),
    ),
    case(
        "helper class with its own fit",
        """
        class Perceptron:
            def __init__(self, eta=0.1, n_iter=5):
                self.eta, self.n_iter = eta, n_iter
            def fit(self, X, y):
                self.errors_ = [3, 1, 0]
                return self
        ppn = Perceptron(eta=0.5)
        ppn.fit(X_train, y_train)
        final_error = ppn.errors_[-1]
        """,
        setup=(SPLIT,),
        params={"eta": 0.5, "n_iter": 5},
        metrics=("final_error",),
    ),
    case(
        "try/except around a download",
        """
        url = "https://example.org/data.csv"
        retries = 3
        try:
            raw = open("/nonexistent/file").read()
        except OSError as error:
            raw = "a,b\\n1,2\\n"
        n_lines = raw.count("\\n")
        """,
        params={"url": "https://example.org/data.csv", "retries": 3},
        values=("n_lines",),
    ),
    case(
        "with a progress bar and a context",
        """
        from contextlib import nullcontext
        batch_size = 4
        with nullcontext() as ctx:
            losses = []
            for i in range(0, 12, batch_size):
                losses.append(1 / (i + 1))
        mean_loss = sum(losses) / len(losses)
        """,
        params={"batch_size": 4},
        metrics=("loss|losses", "mean_loss"),
    ),
    case(
        "early cell with everything",
        """
        import os
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        SEED = 0
        VOCAB_SIZE = 8_000
        tokenizer = Tokenizer(vocab_size=VOCAB_SIZE, lowercase=True)
        ids = tokenizer.encode("a b c")
        avg_len = len(ids) / 1
        """,
        setup=(
            """
            class Tokenizer:
                def __init__(self, vocab_size, lowercase=False): pass
                def encode(self, text): return text.split()
            """,
        ),
        params={"SEED": 0, "VOCAB_SIZE": 8000, "lowercase": True},
        values=("avg_len",),
    ),
]
