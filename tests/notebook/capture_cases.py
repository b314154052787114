"""What a thoughtful data scientist would note from cells in the style of tutorials.

`CASES` were written before the rules, `UNSEEN` after. ``params`` are names with the
value wanted; ``metrics`` and ``values`` are names, and where nobody could know the one
right name (a metric that is only printed) ``a|b`` accepts either. ``setup`` holds the
cells executed before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any


@dataclass(frozen=True)
class Case:
    """One tracked cell, the cells before it, and what is wanted from it."""

    name: str
    cell: str
    params: dict[str, Any] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    fails: bool = False


SPLIT = """
import numpy as np
import pandas as pd
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
X, y = make_classification(n_samples=120, n_features=6, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
"""

FITTED = (
    SPLIT
    + """
from sklearn.linear_model import LogisticRegression
model = LogisticRegression().fit(X_train, y_train)
y_pred = model.predict(X_test)
y_proba = model.predict_proba(X_test)[:, 1]
"""
)

FRAME = """
import pandas as pd
df = pd.DataFrame({"age": [18, 25, None, 40, 61], "income": [1., 2., 3., 4., 5.],
                   "city": list("abcab")})
"""

KERAS = """
import numpy as np
X_train = np.zeros((20, 3)); y_train = np.zeros(20)
X_test, y_test = X_train, y_train
class History:
    def __init__(self, history): self.history = history
class Sequential:
    def __init__(self, layers): self.layers = layers
    def compile(self, optimizer=None, loss=None, metrics=None): pass
    def fit(self, X, y, epochs=1, batch_size=None, validation_split=0.0, verbose=1,
            callbacks=()):
        down = [1 / (e + 1) for e in range(epochs)]
        return History({"loss": down, "accuracy": [1 - x for x in down],
                        "val_loss": [x * 2 for x in down]})
    def evaluate(self, X, y, verbose=1): return [0.25, 0.875]
class Dense:
    def __init__(self, units, activation=None): pass
class Adam:
    def __init__(self, learning_rate=0.001): pass
"""

TORCH = """
import random
class Tensor:
    def __init__(self, value): self.value = value
    def item(self): return self.value
    def backward(self): pass
class Net:
    def __init__(self, hidden=8, dropout=0.0): self.hidden = hidden
    def parameters(self): return []
    def __call__(self, x): return x
    def train(self): return self
    def eval(self): return self
class SGD:
    def __init__(self, params, lr=0.1, momentum=0.0): pass
    def zero_grad(self): pass
    def step(self): pass
class DataLoader:
    def __init__(self, data, batch_size=1, shuffle=False):
        self.data, self.batch_size = data, batch_size
    def __iter__(self):
        return iter([(x, x) for x in self.data])
    def __len__(self): return len(self.data)
def criterion(out, target): return Tensor(abs(out - target) + 0.5)
dataset = [0.1, 0.2, 0.3, 0.4]
"""

OLS = """
import numpy as np
class Fitted:
    rsquared = 0.8; aic = 100.0; bic = 110.0; rsquared_adj = 0.79
    params = np.array([1.0, 2.0])
    def summary(self): return "table"
class ols:
    def __init__(self, formula, data=None): self.formula = formula
    def fit(self, **kw): return Fitted()
df = object()
"""

PLOT = """
import matplotlib
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
losses = [3.0, 2.0, 1.0]
data = np.arange(100.0)
"""


def case(name: str, cell: str, **wanted: Any) -> Case:
    """Return a case with its cells dedented."""
    setup = tuple(dedent(text) for text in wanted.pop("setup", ()))
    return Case(name, dedent(cell).strip() + "\n", setup=setup, **wanted)


SKLEARN = [
    case(
        "fit and print accuracy",
        """
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.metrics import accuracy_score

        clf = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=42)
        clf.fit(X_train, y_train)
        y_pred = clf.predict(X_test)
        print("Accuracy:", accuracy_score(y_test, y_pred))
        """,
        setup=(SPLIT,),
        params={"n_estimators": 5, "max_depth": 3, "random_state": 42},
        metrics=("accuracy|accuracy_score|test_accuracy",),
    ),
    case(
        "assigned metrics",
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import accuracy_score, f1_score
        model = LogisticRegression(C=0.5, max_iter=500)
        model.fit(X_train, y_train)
        pred = model.predict(X_test)
        acc = accuracy_score(y_test, pred)
        f1 = f1_score(y_test, pred, average="macro")
        print(f"acc={acc:.3f} f1={f1:.3f}")
        """,
        setup=(SPLIT,),
        params={"C": 0.5, "max_iter": 500},
        metrics=("acc", "f1"),
    ),
    case(
        "split, fit and score",
        """
        from sklearn.tree import DecisionTreeClassifier
        X_train, X_test, y_train, y_test = train_test_split(
            X, y, test_size=0.25, random_state=0, stratify=y)
        tree = DecisionTreeClassifier(max_depth=4, criterion="entropy", random_state=0)
        tree.fit(X_train, y_train)
        tree.score(X_test, y_test)
        """,
        setup=(SPLIT,),
        params={
            "test_size": 0.25,
            "random_state": 0,
            "max_depth": 4,
            "criterion": "entropy",
        },
        metrics=("score|test_score",),
    ),
    case(
        "train and test score in an f-string",
        """
        from sklearn.neighbors import KNeighborsClassifier
        knn = KNeighborsClassifier(7).fit(X_train, y_train)
        print(f"train {knn.score(X_train, y_train):.3f}, "
              f"test {knn.score(X_test, y_test):.3f}")
        """,
        setup=(SPLIT,),
        params={"n_neighbors": 7},
        metrics=("train_score", "test_score"),
    ),
    case(
        "make_pipeline",
        """
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC
        pipe = make_pipeline(StandardScaler(), SVC(C=10, kernel="rbf", gamma=0.1))
        pipe.fit(X_train, y_train)
        score = pipe.score(X_test, y_test)
        score
        """,
        setup=(SPLIT,),
        params={"C": 10, "kernel": "rbf", "gamma": 0.1},
        metrics=("score",),
    ),
    case(
        "column transformer and named steps",
        """
        from sklearn.compose import ColumnTransformer
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import OneHotEncoder

        numeric = ["age", "income"]
        categorical = ["city"]
        prep = ColumnTransformer([
            ("num", SimpleImputer(strategy="median"), numeric),
            ("cat", OneHotEncoder(handle_unknown="ignore"), categorical),
        ])
        clf = Pipeline([("prep", prep), ("model", LogisticRegression(max_iter=1000))])
        clf.fit(df, [0, 1, 0, 1, 1])
        """,
        setup=(FRAME,),
        params={
            "numeric": ["age", "income"],
            "categorical": ["city"],
            "strategy": "median",
            "handle_unknown": "ignore",
            "max_iter": 1000,
        },
    ),
    case(
        "grid search, best printed",
        """
        from sklearn.model_selection import GridSearchCV
        from sklearn.svm import SVC
        param_grid = {"C": [0.1, 1, 10], "kernel": ["linear", "rbf"]}
        search = GridSearchCV(SVC(), param_grid, cv=3, n_jobs=1, verbose=0)
        search.fit(X_train, y_train)
        print("best params:", search.best_params_)
        print("best score:", search.best_score_)
        """,
        setup=(SPLIT,),
        params={
            "param_grid.C": [0.1, 1, 10],
            "param_grid.kernel": ["linear", "rbf"],
            "cv": 3,
        },
        metrics=("best_score",),
        values=("best_params.C", "best_params.kernel"),
    ),
    case(
        "randomized search, best assigned",
        """
        from sklearn.linear_model import Ridge
        from sklearn.model_selection import RandomizedSearchCV
        space = {"alpha": np.logspace(-2, 2, 5)}
        search = RandomizedSearchCV(Ridge(), space, n_iter=3, cv=3, random_state=1)
        search.fit(X_train, y_train)
        best = search.best_params_
        best_score = search.best_score_
        best_score
        """,
        setup=(SPLIT,),
        params={
            "space.alpha": [0.01, 0.1, 1.0, 10.0, 100.0],
            "n_iter": 3,
            "cv": 3,
            "random_state": 1,
        },
        metrics=("best_score",),
        values=("best.alpha",),
    ),
    case(
        "two estimators with the same argument",
        """
        from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
        rf = RandomForestClassifier(n_estimators=5, random_state=0)
        et = ExtraTreesClassifier(n_estimators=8, random_state=0)
        acc_rf = rf.fit(X_train, y_train).score(X_test, y_test)
        acc_et = et.fit(X_train, y_train).score(X_test, y_test)
        """,
        setup=(SPLIT,),
        params={
            "RandomForestClassifier.n_estimators": 5,
            "ExtraTreesClassifier.n_estimators": 8,
            "random_state": 0,
        },
        metrics=("acc_rf", "acc_et"),
    ),
    case(
        "several metrics printed only",
        """
        from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
        print("MAE :", mean_absolute_error(y_test, y_proba))
        print("RMSE:", np.sqrt(mean_squared_error(y_test, y_proba)))
        print("R2  :", r2_score(y_test, y_proba))
        """,
        setup=(FITTED,),
        metrics=("MAE|mae|mean_absolute_error", "RMSE|rmse", "R2|r2|r2_score"),
    ),
    case(
        "metrics through the module",
        """
        from sklearn import metrics
        auc = metrics.roc_auc_score(y_test, y_proba)
        print("log loss", metrics.log_loss(y_test, y_proba))
        print(metrics.classification_report(y_test, y_pred))
        """,
        setup=(FITTED,),
        metrics=("auc", "log_loss"),
    ),
    case(
        "confusion matrix taken apart",
        """
        from sklearn.metrics import confusion_matrix
        tn, fp, fn, tp = confusion_matrix(y_test, y_pred).ravel()
        precision = tp / (tp + fp)
        recall = tp / (tp + fn)
        """,
        setup=(FITTED,),
        metrics=("precision", "recall"),
        values=("tn", "fp", "fn", "tp"),
    ),
    case(
        "clustering",
        """
        from sklearn.cluster import KMeans
        from sklearn.metrics import silhouette_score
        km = KMeans(n_clusters=3, n_init=2, random_state=0).fit(X)
        print(km.inertia_, silhouette_score(X, km.labels_))
        """,
        setup=(SPLIT,),
        params={"n_clusters": 3, "n_init": 2, "random_state": 0},
        metrics=("inertia", "silhouette|silhouette_score"),
    ),
    case(
        "text pipeline",
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.naive_bayes import MultinomialNB
        vec = TfidfVectorizer(max_features=50, ngram_range=(1, 2), lowercase=True)
        docs = ["good film", "bad film", "good good", "awful bad"]
        labels = [1, 0, 1, 0]
        nb = MultinomialNB(alpha=0.1).fit(vec.fit_transform(docs), labels)
        n_terms = len(vec.vocabulary_)
        """,
        params={
            "max_features": 50,
            "ngram_range": (1, 2),
            "lowercase": True,
            "alpha": 0.1,
        },
        values=("n_terms",),
    ),
    case(
        "explained variance",
        """
        from sklearn.decomposition import PCA
        pca = PCA(n_components=2)
        Z = pca.fit_transform(X)
        explained = pca.explained_variance_ratio_.sum()
        print(f"{explained:.1%} of the variance")
        """,
        setup=(SPLIT,),
        params={"n_components": 2},
        values=("explained",),
    ),
]

CROSS_VALIDATION = [
    case(
        "cross_val_score assigned",
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_score
        clf = LogisticRegression(C=2.0)
        scores = cross_val_score(clf, X, y, cv=5, scoring="f1_macro")
        print("%0.2f (+/- %0.2f)" % (scores.mean(), scores.std() * 2))
        """,
        setup=(SPLIT,),
        params={"C": 2.0, "cv": 5, "scoring": "f1_macro"},
        metrics=("score_mean|scores_mean", "score_std|scores_std"),
    ),
    case(
        "cross_val_score printed",
        """
        from sklearn.model_selection import cross_val_score
        from sklearn.naive_bayes import GaussianNB
        print(cross_val_score(GaussianNB(), X, y, cv=4).mean())
        """,
        setup=(SPLIT,),
        params={"cv": 4},
        metrics=("cv_score_mean|score_mean", "cv_score_std|score_std"),
    ),
    case(
        "cross_validate",
        """
        from sklearn.model_selection import cross_validate
        from sklearn.linear_model import Ridge
        cv_results = cross_validate(
            Ridge(alpha=0.3), X, y, cv=3, return_train_score=True)
        pd.DataFrame(cv_results)
        """,
        setup=(SPLIT,),
        params={"alpha": 0.3, "cv": 3},
        metrics=(
            "test_score_mean",
            "test_score_std",
            "train_score_mean",
            "train_score_std",
        ),
    ),
    case(
        "folds by hand",
        """
        from sklearn.linear_model import Ridge
        from sklearn.metrics import mean_squared_error
        from sklearn.model_selection import KFold

        kf = KFold(n_splits=4, shuffle=True, random_state=1)
        fold_rmse = []
        for fold, (train_idx, val_idx) in enumerate(kf.split(X)):
            model = Ridge(alpha=1.0)
            model.fit(X[train_idx], y[train_idx])
            pred = model.predict(X[val_idx])
            rmse = mean_squared_error(y[val_idx], pred) ** 0.5
            fold_rmse.append(rmse)
            print(f"fold {fold}: {rmse:.4f}")
        print(f"CV: {np.mean(fold_rmse):.4f}")
        """,
        setup=(SPLIT,),
        params={"n_splits": 4, "shuffle": True, "random_state": 1, "alpha": 1.0},
        metrics=("fold_rmse_mean", "fold_rmse_std"),
    ),
    case(
        "cross-validation mean assigned",
        """
        from sklearn.model_selection import cross_val_score
        from sklearn.tree import DecisionTreeClassifier
        depth = 2
        cv_auc = cross_val_score(
            DecisionTreeClassifier(max_depth=depth, random_state=3),
            X, y, cv=3, scoring="roc_auc").mean()
        """,
        setup=(SPLIT,),
        params={"depth": 2, "random_state": 3, "cv": 3, "scoring": "roc_auc"},
        metrics=("cv_auc",),
    ),
    case(
        "out-of-fold predictions",
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import StratifiedKFold
        N_FOLDS = 3
        SEED = 7
        oof = np.zeros(len(X))
        for tr, va in StratifiedKFold(N_FOLDS, shuffle=True,
                                      random_state=SEED).split(X, y):
            m = LogisticRegression(C=0.1).fit(X[tr], y[tr])
            oof[va] = m.predict_proba(X[va])[:, 1]
        print("OOF AUC:", roc_auc_score(y, oof))
        """,
        setup=(SPLIT,),
        params={"N_FOLDS": 3, "SEED": 7, "shuffle": True, "C": 0.1},
        metrics=("AUC|OOF_AUC|oof_auc|roc_auc",),
    ),
]

CONFIGS = [
    case(
        "dict of hyperparameters unpacked",
        """
        from sklearn.ensemble import RandomForestClassifier
        cfg = {"n_estimators": 6, "max_depth": None, "min_samples_leaf": 2}
        rf = RandomForestClassifier(**cfg).fit(X_train, y_train)
        acc = rf.score(X_test, y_test)
        """,
        setup=(SPLIT,),
        params={
            "cfg.n_estimators": 6,
            "cfg.max_depth": None,
            "cfg.min_samples_leaf": 2,
        },
        metrics=("acc",),
    ),
    case(
        "nested dict",
        """
        config = {
            "model": {"name": "mlp", "hidden": [64, 32], "dropout": 0.1},
            "optim": {"lr": 3e-4, "betas": (0.9, 0.999)},
            "epochs": 2,
        }
        hidden = config["model"]["hidden"]
        """,
        params={
            "config.model.name": "mlp",
            "config.model.hidden": [64, 32],
            "config.model.dropout": 0.1,
            "config.optim.lr": 3e-4,
            "config.optim.betas": (0.9, 0.999),
            "config.epochs": 2,
        },
    ),
    case(
        "dict completed by constants",
        """
        params = dict(max_depth=3, eta=0.1, objective="binary:logistic")
        params["eval_metric"] = "auc"
        """,
        params={
            "params.max_depth": 3,
            "params.eta": 0.1,
            "params.objective": "binary:logistic",
            "params.eval_metric": "auc",
        },
    ),
    case(
        "boosting with a dict and rounds",
        """
        from sklearn.metrics import roc_auc_score
        params = {"max_depth": 3, "eta": 0.1}
        bst = train(params, X_train, num_boost_round=20, verbose_eval=False)
        preds = bst.predict(X_test)
        auc = roc_auc_score(y_test, preds)
        print(f"AUC: {auc:.4f}")
        """,
        setup=(
            FITTED,
            """
            class Booster:
                def predict(self, X): return X[:, 0]
            from types import SimpleNamespace
            lib = SimpleNamespace(train=lambda *a, **k: Booster())
            train = lib.train
            """,
        ),
        params={"params.max_depth": 3, "params.eta": 0.1, "num_boost_round": 20},
        metrics=("auc",),
    ),
    case(
        "dataclass",
        """
        @dataclass
        class Config:
            lr: float = 1e-3
            epochs: int = 3
            model: str = "tiny"
        cfg = Config(lr=0.01)
        loss = fit(cfg)
        """,
        setup=(
            """
            from dataclasses import dataclass
            def fit(c): return c.lr * c.epochs
            """,
        ),
        params={"cfg.lr": 0.01, "cfg.epochs": 3, "cfg.model": "tiny"},
        metrics=("loss",),
    ),
    case(
        "dataclass made in an earlier cell",
        """
        loss = fit(cfg)
        """,
        setup=(
            """
            from dataclasses import dataclass
            @dataclass
            class Config:
                lr: float = 1e-3
                epochs: int = 3
            cfg = Config(epochs=4)
            def fit(c): return c.lr * c.epochs
            """,
        ),
        params={"cfg.lr": 1e-3, "cfg.epochs": 4},
        metrics=("loss",),
    ),
    case(
        "argparse",
        """
        import argparse
        parser = argparse.ArgumentParser(description="train")
        parser.add_argument("--lr", type=float, default=0.1)
        parser.add_argument("--epochs", type=int, default=2)
        args = parser.parse_args([])
        """,
        params={"args.lr": 0.1, "args.epochs": 2},
    ),
    case(
        "SimpleNamespace",
        """
        from types import SimpleNamespace
        hp = SimpleNamespace(lr=0.2, batch_size=16, opt=SimpleNamespace(name="adam"))
        """,
        params={"hp.lr": 0.2, "hp.batch_size": 16, "hp.opt.name": "adam"},
    ),
    case(
        "pydantic",
        """
        from pydantic import BaseModel
        class Optim(BaseModel):
            name: str = "adam"
            lr: float = 0.001
        class Settings(BaseModel):
            seed: int = 1
            optim: Optim = Optim()
        settings = Settings(seed=5)
        """,
        params={
            "settings.seed": 5,
            "settings.optim.name": "adam",
            "settings.optim.lr": 0.001,
        },
    ),
    case(
        "class as configuration",
        """
        class CFG:
            seed = 42
            n_fold = 5
            model_name = "resnet18"
            target_cols = ["a", "b"]
        """,
        params={
            "CFG.seed": 42,
            "CFG.n_fold": 5,
            "CFG.model_name": "resnet18",
            "CFG.target_cols": ["a", "b"],
        },
    ),
    case(
        "constants from expressions",
        """
        LR = 10**-3
        BATCH = 2 * 32
        STEPS = BATCH * 10
        WARMUP = int(0.1 * STEPS)
        DEVICE = "cpu"
        USE_AMP = False
        CLIP = None
        """,
        params={
            "LR": 0.001,
            "BATCH": 64,
            "STEPS": 640,
            "WARMUP": 64,
            "DEVICE": "cpu",
            "USE_AMP": False,
            "CLIP": None,
        },
    ),
    case(
        "annotated and tuple assignment",
        """
        lr: float = 0.01
        epochs, patience = 5, 2
        momentum = nesterov = 0
        """,
        params={"lr": 0.01, "epochs": 5, "patience": 2, "momentum": 0, "nesterov": 0},
    ),
    case(
        "run name from parameters",
        """
        from sklearn.ensemble import RandomForestClassifier
        n_estimators, max_depth = 4, 2
        run_name = f"rf-{n_estimators}-{max_depth}"
        rf = RandomForestClassifier(n_estimators=n_estimators, max_depth=max_depth)
        rf.fit(X_train, y_train)
        """,
        setup=(SPLIT,),
        params={"n_estimators": 4, "max_depth": 2, "run_name": "rf-4-2"},
    ),
    case(
        "seeds",
        """
        import random
        import numpy as np
        random.seed(13)
        np.random.seed(13)
        noise = np.random.normal(0, 0.1, size=3)
        """,
        params={"seed": 13},
    ),
    case(
        "paths and secrets",
        """
        from pathlib import Path
        DATA_DIR = Path("data") / "raw"
        MODEL_PATH = "models/best.pkl"
        api_key = "sk-abcdefghijklmnopqrstuvwx"
        _scratch = "tmp"
        """,
        params={
            "DATA_DIR": "data/raw",
            "MODEL_PATH": "models/best.pkl",
            "api_key": "sk-abcdefghijklmnopqrstuvwx",
        },
    ),
    case(
        "numpy values",
        """
        import numpy as np
        noise_scale = np.float64(0.1)
        lrs = np.array([0.1, 0.01])
        n_points = np.int64(100)
        ratio = n_points / 3
        """,
        params={
            "noise_scale": 0.1,
            "lrs": [0.1, 0.01],
            "n_points": 100,
            "ratio": 100 / 3,
        },
    ),
    case(
        "names of earlier cells",
        """
        model = Model(lr=LR, epochs=EPOCHS).fit(data)
        accuracy = model.accuracy
        """,
        setup=(
            """
            LR = 0.05
            EPOCHS = 3
            UNUSED = 1
            data = list(range(10))
            class Model:
                def __init__(self, lr, epochs): self.lr = lr
                def fit(self, data): self.accuracy = len(data) / 20; return self
            """,
        ),
        params={"LR": 0.05, "EPOCHS": 3},
        metrics=("accuracy",),
    ),
    case(
        "an earlier result is no parameter",
        """
        selected = [x for x in data if x > threshold]
        n_selected = len(selected)
        """,
        setup=(
            """
            data = [1, 5, 9]
            threshold = sum(data) / len(data)
            """,
        ),
        values=("n_selected",),
    ),
    case(
        "columns and target",
        """
        target = "income"
        features = ["age", "city"]
        X = df[features]
        y = df[target]
        y_mean = y.mean()
        """,
        setup=(FRAME,),
        params={"target": "income", "features": ["age", "city"]},
        values=("y_mean",),
    ),
]

FUNCTIONS = [
    case(
        "function with defaults defined and called",
        """
        from sklearn.ensemble import RandomForestClassifier

        def train(n_estimators=4, max_depth=None, seed=0):
            model = RandomForestClassifier(
                n_estimators=n_estimators, max_depth=max_depth, random_state=seed)
            model.fit(X_train, y_train)
            return model.score(X_test, y_test)

        acc = train(max_depth=5)
        """,
        setup=(SPLIT,),
        params={"n_estimators": 4, "max_depth": 5, "seed": 0},
        metrics=("acc",),
    ),
    case(
        "function of an earlier cell",
        """
        auc, model = fit_eval(data, lr=0.1)
        print(auc)
        """,
        setup=(
            """
            data = list(range(100, 130))
            def fit_eval(data, lr=0.01, *, epochs=3, optimizer="sgd"):
                return 0.75 + lr, object()
            """,
        ),
        params={"lr": 0.1, "epochs": 3, "optimizer": "sgd"},
        metrics=("auc",),
    ),
    case(
        "positional arguments",
        """
        def run(lr, epochs, dropout=0.5):
            return lr * epochs * dropout
        val_loss = run(0.01, 20)
        """,
        params={"lr": 0.01, "epochs": 20, "dropout": 0.5},
        metrics=("val_loss",),
    ),
    case(
        "function evaluated in print",
        """
        def evaluate(model, X, y):
            pred = model.predict(X)
            return {"accuracy": (pred == y).mean(), "f1": f1_score(y, pred)}

        from sklearn.metrics import f1_score
        scores = evaluate(model, X_test, y_test)
        scores
        """,
        setup=(FITTED,),
        metrics=("accuracy|scores.accuracy", "f1|scores.f1"),
    ),
    case(
        "function called in a loop",
        """
        def fit(alpha, max_iter=50):
            return 1 / (1 + alpha)

        results = {}
        for alpha in [0.1, 1.0]:
            results[alpha] = fit(alpha)
        best_alpha = max(results, key=results.get)
        """,
        params={"max_iter": 50},
        metrics=("results.0.1", "results.1.0"),
        values=("best_alpha",),
    ),
    case(
        "helper that only plots",
        """
        def plot_history(values, title="history", figsize=(4, 3)):
            fig, ax = plt.subplots(figsize=figsize)
            ax.plot(values)
            ax.set_title(title)
        plot_history(losses, title="loss")
        """,
        setup=(PLOT,),
    ),
]

LOOPS = [
    case(
        "torch-like loop",
        """
        EPOCHS = 3
        net = Net(hidden=16, dropout=0.2)
        optimizer = SGD(net.parameters(), lr=0.01, momentum=0.9)
        loader = DataLoader(dataset, batch_size=2, shuffle=True)
        losses = []
        for epoch in range(EPOCHS):
            net.train()
            running = 0.0
            for x, target in loader:
                optimizer.zero_grad()
                loss = criterion(net(x), target)
                loss.backward()
                optimizer.step()
                running += loss.item()
            losses.append(running / len(loader))
            print(f"epoch {epoch}: {losses[-1]:.4f}")
        """,
        setup=(TORCH,),
        params={
            "EPOCHS": 3,
            "hidden": 16,
            "dropout": 0.2,
            "lr": 0.01,
            "momentum": 0.9,
            "batch_size": 2,
            "shuffle": True,
        },
        metrics=("loss|losses",),
    ),
    case(
        "train and validation curves with early stopping",
        """
        patience = 2
        best_val_loss = float("inf")
        wait = 0
        train_losses, val_losses = [], []
        for epoch in range(10):
            train_loss = 1 / (epoch + 1)
            val_loss = abs(epoch - 3) / 10
            train_losses.append(train_loss)
            val_losses.append(val_loss)
            if val_loss < best_val_loss:
                best_val_loss = val_loss
                wait = 0
            else:
                wait += 1
                if wait > patience:
                    break
        """,
        params={"patience": 2},
        metrics=("train_loss", "val_loss", "best_val_loss"),
    ),
    case(
        "loss only printed in the loop",
        """
        net = Net()
        for epoch in range(4):
            for x, target in DataLoader(dataset):
                loss = criterion(net(x), target)
            print(f"epoch {epoch}, loss: {loss.item():.4f}")
        """,
        setup=(TORCH,),
        metrics=("loss",),
    ),
    case(
        "accuracy from counters, printed",
        """
        net = Net()
        net.eval()
        correct = 0
        total = 0
        for x, target in DataLoader(dataset, batch_size=4):
            pred = net(x)
            total += 1
            correct += int(pred == target)
        print(f"Accuracy of the network: {100 * correct / total:.1f} %")
        """,
        setup=(TORCH,),
        params={"batch_size": 4},
        metrics=("accuracy|Accuracy",),
    ),
    case(
        "history as a dict of lists",
        """
        lr = 0.1
        history = {"train_loss": [], "val_acc": []}
        for epoch in range(3):
            history["train_loss"].append(1 - lr * epoch)
            history["val_acc"].append(0.5 + lr * epoch)
        """,
        params={"lr": 0.1},
        metrics=("train_loss|history.train_loss", "val_acc|history.val_acc"),
    ),
    case(
        "gradient descent from scratch",
        """
        learning_rate = 0.1
        n_steps = 20
        w = 0.0
        cost_history = []
        for step in range(n_steps):
            grad = 2 * (w - 3)
            w -= learning_rate * grad
            cost = (w - 3) ** 2
            cost_history.append(cost)
        """,
        params={"learning_rate": 0.1, "n_steps": 20},
        metrics=("cost|cost_history",),
    ),
    case(
        "keras-like fit and evaluate",
        """
        model = Sequential([Dense(32, activation="relu"), Dense(1)])
        model.compile(optimizer=Adam(learning_rate=0.01), loss="mse")
        history = model.fit(X_train, y_train, epochs=3, batch_size=8,
                            validation_split=0.2, verbose=0)
        test_loss, test_acc = model.evaluate(X_test, y_test, verbose=0)
        """,
        setup=(KERAS,),
        params={
            "Dense.units": 32,
            "activation": "relu",
            "Dense_2.units": 1,
            "optimizer.learning_rate|learning_rate": 0.01,
            "loss": "mse",
            "epochs": 3,
            "batch_size": 8,
            "validation_split": 0.2,
        },
        metrics=("loss", "accuracy", "val_loss", "test_loss", "test_acc"),
    ),
    case(
        "choosing k in a loop",
        """
        from sklearn.neighbors import KNeighborsClassifier
        ks = [1, 3, 5]
        results = {}
        for k in ks:
            knn = KNeighborsClassifier(n_neighbors=k).fit(X_train, y_train)
            results[k] = knn.score(X_test, y_test)
        best_k = max(results, key=results.get)
        """,
        setup=(SPLIT,),
        params={"ks": [1, 3, 5]},
        metrics=("results.1", "results.3", "results.5"),
        values=("best_k",),
    ),
    case(
        "comparing models in a loop",
        """
        from sklearn.linear_model import LogisticRegression
        from sklearn.tree import DecisionTreeClassifier
        models = {"logreg": LogisticRegression(max_iter=300),
                  "tree": DecisionTreeClassifier(max_depth=3)}
        scores = {}
        for name, model in models.items():
            model.fit(X_train, y_train)
            acc = model.score(X_test, y_test)
            scores[name] = acc
            print(f"{name:10s} {acc:.3f}")
        """,
        setup=(SPLIT,),
        params={"max_iter": 300, "max_depth": 3},
        metrics=("scores.logreg", "scores.tree"),
    ),
    case(
        "best threshold",
        """
        from sklearn.metrics import f1_score
        best_f1, best_t = 0, 0
        for t in np.arange(0.1, 0.9, 0.2):
            f1 = f1_score(y_test, y_proba > t)
            if f1 > best_f1:
                best_f1, best_t = f1, t
        print(best_t, best_f1)
        """,
        setup=(FITTED,),
        metrics=("best_f1",),
    ),
    case(
        "threshold curve by comprehension",
        """
        from sklearn.metrics import f1_score
        thresholds = [0.3, 0.5, 0.7]
        f1s = [f1_score(y_test, y_proba > t) for t in thresholds]
        best_t = thresholds[int(np.argmax(f1s))]
        """,
        setup=(FITTED,),
        params={"thresholds": [0.3, 0.5, 0.7]},
        metrics=("f1|f1s",),
        values=("best_t",),
    ),
    case(
        "convergence loop",
        """
        tol = 1e-6
        max_iter = 100
        x = 1.0
        for i in range(max_iter):
            x_new = (x + 2 / x) / 2
            if abs(x_new - x) < tol:
                break
            x = x_new
        root = round(x, 6)
        """,
        params={"tol": 1e-6, "max_iter": 100},
        values=("root",),
    ),
    case(
        "accumulators",
        """
        prices = load()
        total = 0
        count = 0
        for price in prices:
            total += price
            count += 1
        average = total / count
        """,
        setup=("def load():\n    return [3, 4, 5]\n",),
        values=("average",),
    ),
    case(
        "monte carlo",
        """
        import random
        n_trials = 500
        rng = random.Random(3)
        inside = sum(rng.random() ** 2 + rng.random() ** 2 < 1 for _ in range(n_trials))
        pi_hat = 4 * inside / n_trials
        error = abs(pi_hat - 3.14159)
        """,
        params={"n_trials": 500, "seed": 3},
        metrics=("error",),
        values=("inside", "pi_hat"),
    ),
]

RESULTS = [
    case(
        "statsmodels-like, attributes printed",
        """
        results = ols("mpg ~ weight + hp", data=df).fit()
        print(results.summary())
        print("R2:", results.rsquared, "AIC:", results.aic)
        """,
        setup=(OLS,),
        params={"formula": "mpg ~ weight + hp"},
        metrics=("rsquared|R2|r2", "aic|AIC"),
    ),
    case(
        "one-row frame",
        """
        from sklearn.metrics import mean_absolute_error, mean_squared_error
        report = pd.DataFrame([{
            "model": "logreg",
            "rmse": mean_squared_error(y_test, y_proba) ** 0.5,
            "mae": mean_absolute_error(y_test, y_proba),
        }])
        report
        """,
        setup=(FITTED,),
        metrics=("rmse", "mae"),
    ),
    case(
        "series of metrics",
        """
        from sklearn.metrics import accuracy_score, recall_score
        metrics = pd.Series({
            "accuracy": accuracy_score(y_test, y_pred),
            "recall": recall_score(y_test, y_pred),
        })
        metrics.round(3)
        """,
        setup=(FITTED,),
        metrics=("accuracy", "recall"),
    ),
    case(
        "dict displayed",
        """
        from sklearn.metrics import accuracy_score, f1_score
        acc = accuracy_score(y_test, y_pred)
        {"acc": acc, "f1": f1_score(y_test, y_pred)}
        """,
        setup=(FITTED,),
        metrics=("acc", "f1"),
    ),
    case(
        "mean of a comparison",
        """
        accuracy = np.mean(y_pred == y_test)
        n_wrong = int((y_pred != y_test).sum())
        """,
        setup=(FITTED,),
        metrics=("accuracy",),
        values=("n_wrong",),
    ),
    case(
        "walrus",
        """
        from sklearn.metrics import accuracy_score
        if (acc := accuracy_score(y_test, y_pred)) > 0.2 and (n := len(X_test)) > 3:
            print("good enough", acc, n)
        """,
        setup=(FITTED,),
        metrics=("acc",),
        values=("n",),
    ),
    case(
        "async evaluation",
        """
        import asyncio
        concurrency = 2
        async def ask(q):
            await asyncio.sleep(0)
            return q % 2
        answers = await asyncio.gather(*[ask(q) for q in range(4)])
        accuracy = sum(answers) / len(answers)
        """,
        params={"concurrency": 2},
        metrics=("accuracy",),
    ),
    case(
        "language model evaluation",
        '''
        MODEL = "small-1"
        TEMPERATURE = 0.2
        MAX_TOKENS = 256
        prompt = """You are an examiner.
        Answer with one letter."""
        outputs = [complete(prompt, q, MODEL, TEMPERATURE) for q in questions]
        correct = sum(a == b for a, b in zip(outputs, gold))
        accuracy = correct / len(gold)
        print(f"{accuracy:.1%}")
        ''',
        setup=(
            """
            def load_questions(): return list("abcd"), list("abca")
            def complete(*args): return args[1]
            questions, gold = load_questions()
            """,
        ),
        params={
            "MODEL": "small-1",
            "TEMPERATURE": 0.2,
            "MAX_TOKENS": 256,
            "prompt": "You are an examiner.\nAnswer with one letter.",
        },
        metrics=("accuracy",),
        values=("correct",),
    ),
    case(
        "hypothesis test",
        """
        alpha = 0.05
        t_stat, p_value = ttest(a, b)
        significant = p_value < alpha
        """,
        setup=(
            """
            a = [float(i) for i in range(5)]; b = [float(i * i) for i in range(5)]
            def ttest(a, b): return 2.1, 0.04
            """,
        ),
        params={"alpha": 0.05},
        values=("t_stat", "p_value", "significant"),
    ),
    case(
        "forecast",
        """
        SPLIT_DATE = "2020-01-04"
        horizon = 3
        actual = series[-horizon:]
        forecast = [series[-horizon - 1]] * horizon
        mape = sum(abs(a - f) / a for a, f in zip(actual, forecast)) / horizon
        """,
        setup=("series = [float(i) for i in range(1, 30)]\n",),
        params={"SPLIT_DATE": "2020-01-04", "horizon": 3},
        metrics=("mape",),
    ),
    case(
        "metrics unpacked",
        """
        from sklearn.metrics import precision_recall_fscore_support
        precision, recall, fscore, _ = precision_recall_fscore_support(
            y_test, y_pred, average="binary")
        """,
        setup=(FITTED,),
        metrics=("precision", "recall", "fscore"),
    ),
    case(
        "timers",
        """
        import time
        size = 200
        t0 = time.perf_counter()
        start = time.time()
        squares = [i * i for i in range(size)]
        elapsed = time.perf_counter() - t0
        print(f"took {elapsed:.2f}s, {time.time() - start:.2f}")
        """,
        params={"size": 200},
    ),
    case(
        "evaluation with a train split",
        """
        from sklearn.metrics import accuracy_score
        train_acc = accuracy_score(y_train, model.predict(X_train))
        test_acc = accuracy_score(y_test, y_pred)
        gap = train_acc - test_acc
        """,
        setup=(FITTED,),
        metrics=("train_acc", "test_acc"),
        values=("gap",),
    ),
]

DATA_AND_PLOTS = [
    case(
        "loading",
        """
        import io
        import pandas as pd
        df = pd.read_csv(io.StringIO("a;b\\n1;2\\n3;"), sep=";")
        n_rows = len(df)
        missing = df.isna().sum().sum()
        df.head()
        """,
        values=("n_rows", "missing"),
    ),
    case(
        "cleaning",
        """
        MIN_AGE = 20
        n_before = len(df)
        df = df[df["age"] > MIN_AGE].copy()
        df["age"] = df["age"].fillna(30).clip(0, 100)
        df = df.dropna(thresh=2)
        dropped = n_before - len(df)
        """,
        setup=(FRAME,),
        params={"MIN_AGE": 20},
        values=("n_before", "dropped"),
    ),
    case(
        "looking at data",
        """
        print(df.shape)
        print(f"mean income: {df['income'].mean():.2f}")
        df.groupby("city")["income"].agg(["mean", "count"]).round(2)
        """,
        setup=(FRAME,),
    ),
    case(
        "imports and display options",
        """
        import warnings
        import pandas as pd
        warnings.filterwarnings("ignore")
        pd.set_option("display.max_columns", 50)
        pd.options.display.precision = 3
        """,
    ),
    case(
        "histogram",
        """
        n_bins = 30
        fig, ax = plt.subplots(1, 2, figsize=(8, 3))
        ax[0].hist(data, bins=n_bins, alpha=0.5, color="C1")
        ax[1].plot(losses, lw=2, label="loss")
        ax[1].legend()
        plt.tight_layout()
        plt.close(fig)
        """,
        setup=(PLOT,),
    ),
    case(
        "plot of computed curves",
        """
        xs = np.linspace(0, 1, 50)
        title = "decay"
        mean = data.mean()
        plt.figure(figsize=(4, 2))
        plt.plot(xs, np.exp(-xs))
        plt.axhline(mean, ls="--")
        plt.title(title)
        plt.show()
        """,
        setup=(PLOT,),
    ),
    case(
        "magics inside",
        """
        %config InteractiveShell.ast_node_interactivity = "last_expr"
        !echo hello
        n_samples = 40
        %time result = sum(range(n_samples))
        mean_value = result / n_samples
        """,
        params={"n_samples": 40},
        values=("result", "mean_value"),
    ),
    case(
        "under %%time",
        """
        %%time
        max_depth = 3
        score = max_depth / len("four")
        """,
        params={"max_depth": 3},
        metrics=("score",),
    ),
    case(
        "fails half-way",
        """
        from sklearn.metrics import accuracy_score
        C = 0.5
        acc = accuracy_score(y_test, y_pred)
        wrong = model.predict(None)
        f1 = 2 * acc
        """,
        setup=(FITTED,),
        params={"C": 0.5},
        metrics=("acc",),
        fails=True,
    ),
    case(
        "fails in the fit",
        """
        from sklearn.linear_model import LogisticRegression
        max_iter = 50
        clf = LogisticRegression(C=-1.0, max_iter=max_iter)
        clf.fit(X_train, y_train)
        acc = clf.score(X_test, y_test)
        """,
        setup=(SPLIT,),
        params={"C": -1.0, "max_iter": 50},
        fails=True,
    ),
]

CASES: list[Case] = [
    *SKLEARN,
    *CROSS_VALIDATION,
    *CONFIGS,
    *FUNCTIONS,
    *LOOPS,
    *RESULTS,
    *DATA_AND_PLOTS,
]

# Written after the rules, judged before they were tried on them: quick starts of
# libraries, competition kernels, course exercises. At the first trial 60 of 62 params,
# 31 of 39 metrics and all 10 values were found, with 5 entries of noise.
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
        params={
            "query": "SELECT city, avg(income) AS income FROM people GROUP BY city"
        },
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
