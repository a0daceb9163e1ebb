"""Figures of numpy and scipy that src/metrics/diagnosis has to give: `python make.py > golden.json`.

Written from the definitions alone. The procedure of design/diagnosis.md is done once more on random tables; margins and
interactions follow dmis-lab/CVRR (core/metrics.py `classification_result`, causal/reliance.py `_path_interactions`).
Needs `pip install numpy scipy`.
"""
import json
import sys

import numpy as np
import scipy
from scipy import optimize, special, stats

rng = np.random.default_rng(20260212)
CONDITIONS = ["matched-noise", "swap-unrelated", "markers-only", "no-latent"]


def tango_score(d, wins, losses, n):
    a = 2 * n
    b = -wins - losses + (2 * n - wins + losses) * d
    c = -losses * d * (1 - d)
    q = (np.sqrt(max(0, b * b - 4 * a * c)) - b) / (2 * a)
    return (wins - losses - n * d) / np.sqrt(n * (2 * q + d * (1 - d)))


def mid_p(x, n, level):
    tail = (1 - level) / 2

    def low(k):
        if k == 0:
            return 0.0
        return optimize.brentq(lambda p: stats.binom.sf(k, n, p) + stats.binom.pmf(k, n, p) / 2 - tail, 0, 1, xtol=1e-15)

    return low(x), 1 - low(n - x)


def interval(wins, losses, n, level):
    z = stats.norm.ppf(0.5 + level / 2)

    def upper(more, fewer):
        if more == n:
            return 1.0
        estimate = (more - fewer) / n
        return optimize.brentq(lambda d: tango_score(d, more, fewer, n) + z, estimate, 1 - 1e-12, xtol=1e-14)

    low, high = -upper(losses, wins), upper(wins, losses)
    if wins == 0:
        one, other = mid_p(losses, n, level)
        low, high = min(low, -other), max(high, -one)
    if losses == 0:
        one, other = mid_p(wins, n, level)
        low, high = min(low, one), max(high, other)
    return low, high


def holm(named):
    running, adjusted = 0.0, {}
    for rank, (name, p) in enumerate(sorted(named.items(), key=lambda item: item[1])):
        running = max(running, min(1.0, p * (len(named) - rank)))
        adjusted[name] = running
    return adjusted


def recovery(table, margin):
    own, oracle = table["own"], table["oracle"]
    n = own.size
    wins, losses = int(((oracle == 1) & (own == 0)).sum()), int(((oracle == 0) & (own == 1)).sum())
    parts = [stats.norm.sf(tango_score(margin, wins, losses, n))]
    for dummy in CONDITIONS[:2]:
        x = own - table[dummy] - 0.2 * (oracle - table[dummy])
        variance = max(x.var(ddof=1) / n, 0.5 / n**2)
        parts.append(stats.t.cdf(x.mean() / np.sqrt(variance), n - 1))
    return min(1.0, 2 * max(parts)), [float(p) for p in parts]


def verdict(table, margin, alpha=0.05):
    own = table["own"]
    n = own.size
    p, diff, alike = {}, {}, {}
    for c in CONDITIONS:
        wins, losses = int(((own == 1) & (table[c] == 0)).sum()), int(((own == 0) & (table[c] == 1)).sum())
        p[c] = stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
        diff[c] = (wins - losses) / n
        low, high = interval(wins, losses, n, 1 - alpha)
        alike[c] = -margin < low and high < margin
    mn, su, mo, nl = CONDITIONS
    family = {"L": max(p[mn], p[su]) if diff[mn] > 0 and diff[su] > 0 else 1.0, "MO": p[mo], "NL": p[nl]}
    if "oracle" in table:
        family["R"] = recovery(table, margin)[0]
    adjusted = holm(family)
    shown = {name: value <= alpha for name, value in adjusted.items()}
    none = alike[mn] and alike[su]
    if (shown["NL"] and diff[nl] < 0 and not alike[nl]) or (shown["MO"] and diff[mo] < 0 and not alike[mo]):
        return "harmful"
    if shown["L"] and not none and shown["MO"] and diff[mo] > 0 and not alike[mo]:
        return "load-bearing"
    if shown["L"] and not none and alike[mo]:
        return "read-not-needed"
    if shown["L"] and none:
        return "trace"
    if shown.get("R", False):
        return "representation-fails"
    if none and shown["MO"] and diff[mo] > 0 and not alike[mo]:
        return "budget-only"
    if none and alike[mo] and shown["NL"] and diff[nl] > 0 and not alike[nl]:
        return "format-only"
    if none and alike[mo] and alike[nl]:
        return "not-used"
    return "inconclusive"


# Accuracies of own, matched noise, stranger, markers, none and oracle.
WORLDS = [
    (0.9, 0.3, 0.3, 0.3, 0.3, 0.95),
    (0.6, 0.6, 0.6, 0.6, 0.6, 0.6),
    (0.6, 0.6, 0.6, 0.45, 0.45, 0.6),
    (0.6, 0.6, 0.6, 0.6, 0.4, None),
    (0.6, 0.6, 0.6, 0.6, 0.75, None),
    (0.6, 0.45, 0.45, 0.6, 0.6, None),
    (0.3, 0.28, 0.28, 0.3, 0.3, 0.85),
    (0.60, 0.58, 0.58, 0.60, 0.60, None),
    (0.6, 0.55, 0.5, 0.52, 0.55, 0.7),
]


def tables():
    cases = []
    for world in WORLDS:
        for n, margin, noise in [(60, 0.1, 0.3), (300, 0.1, 0.2), (800, 0.05, 0.05), (2400, 0.03, 0.1), (20000, 0.03, 0.05)]:
            level = rng.random(n)
            table = {}
            for name, share in zip(["own", *CONDITIONS, "oracle"], world):
                if share is None:
                    continue
                own = np.where(rng.random(n) < noise, rng.random(n), level)
                table[name] = (own < share).astype(int)
            pattern = sum(table[name] << k for k, name in enumerate(table))
            counts = np.bincount(pattern, minlength=2 ** len(table))
            case = {"conditions": list(table), "counts": counts.tolist(), "margin": margin, "verdict": verdict(table, margin)}
            if "oracle" in table:
                case["recovery"], case["parts"] = recovery(table, margin)
            cases.append(case)
    return cases


def readings():
    """A table of log-probabilities under two conditions and two paths, with all figures per sample averaged."""
    n, options = 40, 4
    gold = rng.integers(options, size=n)
    donor = (gold + 1 + rng.integers(options - 1, size=n)) % options
    names = ["own", "swap", "strict", "strict:swap"]
    forced = {name: np.log(rng.dirichlet(np.ones(options), size=n)) - rng.random((n, 1)) for name in names}
    answers = {name: rng.integers(options, size=n) for name in ("own", "swap")}
    at = np.arange(n)

    def margin(scores):
        rest = scores.copy()
        rest[at, gold] = -np.inf
        return scores[at, gold] - rest.max(1)

    def normalised(scores):
        return scores - special.logsumexp(scores, axis=1, keepdims=True)

    correct = {name: (scores.argmax(1) == gold).astype(float) for name, scores in forced.items()}
    lead = {name: scores[at, donor] - scores[at, gold] for name, scores in forced.items()}

    def interaction(figure):
        return float(((figure["strict"] - figure["strict:swap"]) - (figure["own"] - figure["swap"])).mean())

    return {
        "gold": gold.tolist(),
        "donor": donor.tolist(),
        "forced": {name: scores.tolist() for name, scores in forced.items()},
        "answers": {name: value.tolist() for name, value in answers.items()},
        "accuracy": {name: float(value.mean()) for name, value in correct.items()},
        "goldMargin": float((margin(forced["own"]) - margin(forced["swap"])).mean()),
        "goldLogProb": float((normalised(forced["own"])[at, gold] - normalised(forced["swap"])[at, gold]).mean()),
        "donorLift": float(((answers["swap"] == donor).astype(float) - (answers["own"] == donor)).mean()),
        "marginShift": float((lead["swap"] - lead["own"]).mean()),
        "accuracyInteraction": interaction(correct),
        "marginInteraction": interaction({name: margin(scores) for name, scores in forced.items()}),
    }


def geometry():
    """Latents of samples [samples, K, D] and their oracle; samples 0 and 1 have fewer latents."""
    latents = (rng.normal(size=(9, 4, 6)) + np.linspace(0, 2, 6)).astype(np.float32)
    oracle = (latents + rng.normal(scale=1.5, size=latents.shape)).astype(np.float32).astype(float)
    counts = [2, 3, *[4] * 7]
    rows = [latents[i, :k].astype(float) for i, k in enumerate(counts)]
    everything = np.concatenate(rows)
    centre = everything.mean(0)

    def cos(a, b):
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    within = [cos(r[a], r[b]) for r in rows for a in range(len(r)) for b in range(a)]
    adjacent = [cos(r[a], r[a - 1]) for r in rows for a in range(1, len(r))]
    places = [[r[k] for r in rows if len(r) > k] for k in range(4)]
    across = [cos(p[a], p[b]) for p in places for a in range(len(p)) for b in range(a)]
    length = ((everything - centre) ** 2).sum(1).mean()

    def centred(pairs):
        return float(np.mean([(a - centre) @ (b - centre) for a, b in pairs]) / length)

    values = np.sort(np.linalg.eigvalsh(np.cov(everything.T)))[::-1]
    shares = values.cumsum() / values.sum()
    queries = np.array([r.mean(0) for r in rows])
    gallery = np.array([oracle[i, :k].mean(0) for i, k in enumerate(counts)])
    similar = np.array([[cos(q, g) for g in gallery] for q in queries])
    ranks = 1 + (similar > np.diag(similar)[:, None]).sum(1)
    return {
        "latents": [latents[i, :k].tolist() for i, k in enumerate(counts)],
        "oracle": [oracle[i, :k].tolist() for i, k in enumerate(counts)],
        "within": float(np.mean(within)),
        "adjacent": float(np.mean(adjacent)),
        "across": float(np.mean(across)),
        "withinCentred": centred([(r[a], r[b]) for r in rows for a in range(len(r)) for b in range(a)]),
        "acrossCentred": centred([(p[a], p[b]) for p in places for a in range(len(p)) for b in range(a)]),
        "participationRatio": float(values.sum() ** 2 / (values**2).sum()),
        "rank90": int((shares < 0.9).sum() + 1),
        "top1": float(values[0] / values.sum()),
        "ranks": ranks.tolist(),
        "drift": [float(np.mean([cos(r[k], oracle[i, k]) for i, r in enumerate(rows) if len(r) > k])) for k in range(4)],
        "squaredError": [
            float(np.mean([((r[k] - oracle[i, k]) ** 2).mean() for i, r in enumerate(rows) if len(r) > k])) for k in range(4)
        ],
    }


def symmetric():
    matrix = rng.normal(size=(30, 30))
    matrix = matrix + matrix.T
    return {"matrix": matrix.ravel().tolist(), "eigenvalues": np.linalg.eigvalsh(matrix)[::-1].tolist()}


golden = {
    "versions": {"numpy": np.__version__, "scipy": scipy.__version__},
    "tables": tables(),
    "readings": readings(),
    "geometry": geometry(),
    "symmetric": symmetric(),
}
json.dump(golden, sys.stdout, indent=None, separators=(",", ":"))
print()
