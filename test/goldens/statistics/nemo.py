"""The paired tests and the gate of NeMo Evaluator 0.3.0, the one peer that gates on a paired test.

    pip download nemo-evaluator==0.3.0 --python-version 3.12 --only-binary=:all: --no-deps
    unzip nemo_evaluator-0.3.0-*.whl -d WHEEL
    python nemo.py WHEEL > nemo.json          what its functions return, which our tests hold ours against
    python nemo.py WHEEL --simulate           how often its gate passes a true loss of the margin (design/statistics.md)

Only `metrics/paired_tests.py`, `metrics/confidence.py` and `engine/gate.py` are loaded; what gate.py imports besides is
replaced by empty modules, none of which its statistics touch.
"""
import importlib.util
import json
import sys
import types
from pathlib import Path

import numpy as np

wheel = Path(sys.argv[1]) / "nemo_evaluator"


def load(name, stubs=()):
    for stub in stubs:
        module = types.ModuleType(stub)
        module.__getattr__ = lambda _name: type("Absent", (), {})
        module.__path__ = []
        sys.modules.setdefault(stub, module)
    path = wheel / (name.replace(".", "/") + ".py")
    spec = importlib.util.spec_from_file_location(f"nemo_evaluator.{name}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


paired = load("metrics.paired_tests", ["nemo_evaluator", "nemo_evaluator.metrics"])
load("metrics.confidence")
gate = load(
    "engine.gate",
    [
        "nemo_evaluator.config",
        "nemo_evaluator.config.gate_policy",
        "nemo_evaluator.engine",
        "nemo_evaluator.engine.bundles",
        "nemo_evaluator.engine.comparison",
    ],
)


def deltas_of(wins, losses, n):
    return [1.0] * wins + [-1.0] * losses + [0.0] * (n - wins - losses)


def golden():
    cases = []
    for wins, losses, n in [(0, 0, 100), (0, 1, 191), (2, 10, 191), (28, 25, 618), (150, 190, 1901), (0, 6, 40)]:
        counts = {"baseline_only_correct": losses, "candidate_only_correct": wins}
        cases.append(
            {
                "wins": wins,
                "losses": losses,
                "n": n,
                # One-sided, for "the candidate is worse"; six digits.
                "p": paired.mcnemar_test(counts, n).p_value,
                "interval": gate._paired_delta_ci(deltas_of(wins, losses, n)),
                "mde": paired.mde_estimate(wins + losses),
            }
        )
    return cases


def simulate(runs=10_000):
    rng = np.random.default_rng(1)
    margin = 0.02

    def passes(deltas, clusters=None):
        low, _ = gate._paired_delta_ci(list(deltas), clusters=clusters)
        return low >= -margin

    def drawn(n, discordance, effect, each=1, correlation=0.0):
        uniform = rng.random(n)
        if each > 1:
            common = np.repeat(rng.random(n // each), each)
            uniform = np.where(rng.random(n) < correlation**0.5, common, uniform)
        won = (discordance + effect) / 2
        return (uniform < won).astype(float) - ((uniform >= won) & (uniform < discordance)).astype(float)

    for n, discordance in [(40, 0.02), (100, 0.02), (191, 0.02), (191, 0.1), (191, 0.2), (1901, 0.1)]:
        count = sum(passes(drawn(n, discordance, -margin)) for _ in range(runs))
        print(f"{n} samples, {discordance:.0%} discordant: passes {count / runs:.1%}")
    for each, n, correlation in [(4, 240, 0.3), (4, 240, 0.8), (4, 160, 0.8)]:
        count = sum(passes(drawn(n, 0.1, -margin, each, correlation)) for _ in range(runs))
        print(f"{n // each} pictures x {each}, ICC {correlation}, 10% discordant, pictures not known to it: passes {count / runs:.1%}")
        names = [str(i // each) for i in range(n)]
        count = sum(passes(drawn(n, 0.1, -margin, each, correlation), names) for _ in range(runs))
        print(f"{n // each} pictures x {each}, ICC {correlation}, 10% discordant, pictures as its categories: passes {count / runs:.1%}")
    subtasks = ["a"] * 115 + ["b"] * 76
    count = sum(passes(drawn(191, 0.2, -margin), subtasks) for _ in range(runs))
    print(f"191 samples, 20% discordant, two subtasks as its categories: passes {count / runs:.1%}")


if "--simulate" in sys.argv:
    simulate()
else:
    json.dump({"version": "0.3.0", "cases": golden()}, sys.stdout, indent=1)
    print()
