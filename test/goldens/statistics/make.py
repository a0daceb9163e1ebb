"""Figures of scipy and statsmodels that src/metrics/statistics has to give: `python make.py > golden.json`.

The versions it was made with stand in the file. Needs `pip install scipy statsmodels`.
"""
import json
import sys

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = np.random.default_rng(20240601)


def mid_p(x, n, level):
    tail = (1 - level) / 2

    def low(k):
        if k == 0:
            return 0.0
        return optimize.brentq(lambda p: stats.binom.sf(k, n, p) + stats.binom.pmf(k, n, p) / 2 - tail, 0, 1, xtol=1e-15)

    return [low(x), 1 - low(n - x)]


def tango(wins, losses, n, level):
    z = stats.norm.ppf(0.5 + level / 2)

    def score(d):
        a = 2 * n
        b = -wins - losses + (2 * n - wins + losses) * d
        c = -losses * d * (1 - d)
        q = (np.sqrt(max(0, b * b - 4 * a * c)) - b) / (2 * a)
        return (wins - losses - n * d) / np.sqrt(n * (2 * q + d * (1 - d)))

    estimate = (wins - losses) / n
    edge = 1e-12
    return [
        optimize.brentq(lambda d: score(d) - z, -1 + edge, estimate, xtol=1e-14),
        optimize.brentq(lambda d: score(d) + z, estimate, 1 - edge, xtol=1e-14),
    ]


def mcnemar_power(n, discordance, difference, alpha=0.05):
    share = discordance + difference
    total = 0.0
    for m in range(n + 1):
        weight = stats.binom.pmf(m, n, share)
        if weight < 1e-14:
            continue
        k = np.arange(m + 1)
        rejects = np.minimum(1, 2 * np.minimum(stats.binom.cdf(k, m, 0.5), stats.binom.sf(k - 1, m, 0.5))) <= alpha
        total += weight * stats.binom.pmf(k, m, (discordance / 2 + difference) / share)[rejects].sum()
    return total


def studentised(sizes):
    """T of section "Macro difference" of design/statistics.md, over the concatenated strata."""
    bounds = np.cumsum([0, *sizes])

    def statistic(values, axis=-1):
        values = np.moveaxis(np.asarray(values, dtype=float), axis, -1)
        mean = variance = 0
        for s, n in enumerate(sizes):
            part = values[..., bounds[s] : bounds[s + 1]] / n / len(sizes)
            mean = mean + part.sum(-1)
            variance = variance + n / (n - 1) * ((part**2).sum(-1) - part.sum(-1) ** 2 / n)
        mean = np.where(np.abs(mean) < 1e-12, 0, mean)
        return np.abs(mean) / np.sqrt(np.maximum(variance, 1e-15))

    return statistic


def sign_flips():
    cases = []
    for sizes, nonzero, graded in [([7, 6], 9, False), ([5, 6, 4], 11, False), ([7, 6], 10, True), ([9], 8, True)]:
        n = sum(sizes)
        values = np.zeros(n)
        at = rng.choice(n, nonzero, replace=False)
        values[at] = rng.choice([-1, 1], nonzero, p=[0.25, 0.75])
        if graded:
            values[at] *= rng.choice([0.2, 0.4, 0.6, 1], nonzero)
        p = stats.permutation_test(
            (values,), studentised(sizes), permutation_type="samples", n_resamples=np.inf, alternative="greater", batch=4096,
            vectorized=True,
        ).pvalue
        cases.append({"sizes": sizes, "values": values.tolist(), "p": float(p)})
    return cases


def cluster_errors():
    cases = []
    for clusters, per in [(12, 4), (30, 3)]:
        numbers = np.repeat(np.arange(clusters), per)[: clusters * per - 2]
        values = (rng.random(clusters)[numbers] + rng.random(numbers.size) > 0.9).astype(float)
        fit = sm.OLS(values, np.ones(numbers.size)).fit(cov_type="cluster", cov_kwds={"groups": numbers})
        n = numbers.size
        # statsmodels scales by G / (G - 1) x (N - 1) / (N - K), and K = 1.
        cases.append({"values": values.tolist(), "clusters": numbers.tolist(), "error": float(fit.bse[0]), "n": n})
    return cases


binomial = [(81, 263), (15, 148), (1, 29), (0, 20), (20, 20), (37, 40), (190, 191), (955, 1901)]
pairs = [(28, 25, 618), (60, 20, 1000), (13, 3, 60), (3, 1, 40), (5, 9, 191), (150, 190, 1901)]
golden = {
    "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": np.__version__},
    "incompleteBeta": [
        {"x": x, "a": a, "b": b, "value": float(stats.beta.cdf(x, a, b))}
        for x, a, b in [(0.3, 2, 5), (0.5, 0.5, 0.5), (0.01, 1.5, 300.25), (0.62, 1200.5, 700), (0.99, 40, 0.7)]
    ],
    "studentQuantile": [
        {"p": p, "df": df, "value": float(stats.t.ppf(p, df))}
        for p in (0.6, 0.95, 0.975, 0.9995)
        for df in (1, 2.5, 9, 59, 1887)
    ],
    "midP": [{"x": x, "n": n, "level": level, "interval": mid_p(x, n, level)} for x, n in binomial for level in (0.9, 0.95)],
    "wilson": [
        {"x": x, "n": n, "interval": [float(b) for b in proportion_confint(x, n, 0.05, "wilson")]} for x, n in binomial
    ],
    "clopperPearsonUpper": [
        {"x": x, "n": n, "value": float(stats.binomtest(x, n).proportion_ci(0.9, "exact").high)} for x, n in binomial
    ],
    "tango": [
        {"wins": b, "losses": c, "n": n, "level": level, "interval": tango(b, c, n, level)}
        for b, c, n in pairs
        for level in (0.9, 0.95)
    ],
    "mcnemar": [
        {
            "wins": b,
            "losses": c,
            "p": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue),
            "binomtest": float(stats.binomtest(b, b + c).pvalue),
        }
        for b, c in [(0, 1), (6, 0), (10, 2), (28, 25), (86, 150), (0, 40), (512, 431), (7, 7)]
    ],
    "holm": [
        {"p": p, "adjusted": multipletests(p, method="holm")[1].tolist()}
        for p in ([0.01, 0.04, 0.03, 0.005], [0.2, 0.01, 0.01, 0.9, 0.0004])
    ],
    "mcnemarPower": [
        {"n": n, "discordance": d, "difference": e, "power": float(mcnemar_power(n, d, e))}
        for n, d, e in [(40, 0, 0.19), (191, 0.1, 0.0915), (160, 0.2, 0.05), (500, 0.02, 0.0284)]
    ],
    "signFlip": sign_flips(),
    "clusterError": cluster_errors(),
    # The largest studentised difference of K independent means of one variance: Tukey's range over sqrt(2).
    "tukey": [{"arms": k, "critical": float(stats.studentized_range.ppf(0.95, k, np.inf) / np.sqrt(2))} for k in (3, 5, 10)],
}
json.dump(golden, sys.stdout, indent=1)
print()
