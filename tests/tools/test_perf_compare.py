# SPDX-License-Identifier: ISC
"""xc perf compare: no difference where there is none, a longer handler found, a gate for CI."""

import itertools
import math
import random
from statistics import median_low

import pytest

from support.perf import histogram, measurement, noisy, put, repetition, result
from xclib.perf.compare import (BETTER, SAME, WORSE, compare, interval, least_repetitions,
                                median_weights, paired_interval)
from xclib.perf.result import Measurement, Results

pytestmark = pytest.mark.tool

VALUES = 40  # of each phase in a repetition; more take time, and show no more
EMULATED = "guest kernel code is EMULATED on this host"


def results(*measurements):
    return Results("x.json", result(*measurements)["context"], [Measurement(one)
                                                                for one in measurements])


def session(seed, scale=1.0, slower=(), count=10, **kwargs):
    """Measurements of one run of xc perf; some of them by a build that is slower by `scale`."""
    return results(*(noisy(f"bench_{n}", f"{seed} {n}", scale if n in slower else 1.0,
                           values=VALUES, **kwargs)
                     for n in range(count)))


def differs(first, second):
    return any(one.verdict != SAME for one in compare(first, second).figures)


def compare_files(xc, first, second, *arguments):
    return xc.run("perf", "compare", put(xc.folder, "a.json", first),
                  put(xc.folder, "b.json", second), *arguments)


# ---- the statistics -----------------------------------------------------------------------------

@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_weights_of_the_median(count):
    """As every possible resample has it."""
    naive = [0] * count
    for sample in itertools.product(range(count), repeat=count):
        naive[median_low(sample)] += 1 / count ** count
    assert median_weights(count) == pytest.approx(naive)


def test_interval_is_the_bootstraps():
    """As drawn: ratios of medians of resamples."""
    dice = random.Random(1)
    first, second = ([dice.lognormvariate(5, 0.2) for _ in range(9)] for _ in range(2))
    drawn = sorted(median_low(dice.choices(second, k=9)) / median_low(dice.choices(first, k=9))
                   for _ in range(40000))
    low, high = interval(first, second, 0.025)
    assert low == pytest.approx(drawn[1000], rel=0.01)
    assert high == pytest.approx(drawn[-1000], rel=0.01)


def test_least_repetitions():
    assert [least_repetitions(figures) for figures in (1, 10, 200)] == [4, 6, 8]
    assert [least_repetitions(figures, paired=True) for figures in (1, 10, 200)] == [6, 9, 13]


def test_same_build_is_no_difference():
    """Of 20 comparisons of 40 figures each, at most one finds anything."""
    wrong = sum(differs(*(session(2 * n + side, noise=0.1) for side in (0, 1)))
                for n in range(20))
    assert wrong <= 1


def test_same_build_on_a_disturbed_host():
    """One repetition in ten takes several times as long."""
    def disturbed(seed):
        dice = random.Random(seed)
        return results(*(measurement(f"bench_{n}", *(repetition(histogram("call", [
            int(1000 * factor * dice.lognormvariate(0, 0.1)) for _ in range(50)]), seed=number)
            for number, factor in enumerate(dice.choices([1, 4], [9, 1], k=11))))
            for n in range(10)))
    wrong = sum(differs(disturbed(2 * n), disturbed(2 * n + 1)) for n in range(20))
    assert wrong <= 1


def test_a_longer_handler_is_found():
    """By 20 %, in one measurement of 10; and nowhere else."""
    for seed in range(5):
        figures = compare(session(seed), session(seed + 100, 1.2, {7})).figures
        found = {one.measurement for one in figures if one.verdict == WORSE}
        assert found == {"bench_7[2]"}
        figures = compare(session(seed + 100, 1.2, {7}), session(seed)).figures
        assert {one.measurement for one in figures if one.verdict == BETTER} == {"bench_7[2]"}


def in_turn(seed, scale, values=VALUES):
    """Two files of one session on a host that is now fast, now slow."""
    drifts = random.Random(seed).choices([1, 1.5], k=15)
    one, other = (results(*(noisy(f"bench_{n}", f"{seed} {side} {n}", factor, repetitions=15,
                                  drifts=drifts, values=values) for n in range(10)))
                  for side, factor in ((0, 1.0), (1, scale)))
    other.context["session"] = one.context["session"]
    return one, other


def test_in_turn_the_host_is_in_no_ratio():
    """What all repetitions together do not show, each pair of them does."""
    one, other = in_turn(1, 1.2, values=100)
    found = compare(one, other)
    assert found.paired and all(each.verdict == WORSE for each in found.figures
                                if each.percent == 50)
    other.context["session"] = "another"
    assert not compare(one, other).worse


def test_in_turn_the_hosts_own_difference_is_that_of_pairs():
    """One side's repetitions are slow more often; each ran beside one that was as slow."""
    slow = [1.5] * 8 + [1] * 7
    one, other = (results(noisy("bench_dry_run", 1, phases=("clock",), repetitions=15,
                                drifts=drifts, noise=0.001))
                  for drifts in (slow, slow[:7] + [1] * 8))
    assert compare(one, other).shift > 0.4
    other.context["session"] = one.context["session"]
    assert compare(one, other).shift < 0.05


def test_in_turn_same_build_is_no_difference():
    assert sum(differs(*in_turn(seed, 1.0)) for seed in range(20)) <= 1


@pytest.mark.parametrize("count, chance, rank", [
    (11, 2 ** -11, 0), (11, 12 / 2 ** 11, 1), (15, 0.025, 3), (15, 0.001, 1)])
def test_interval_of_pairs(count, chance, rank):
    """A fair coin shows heads no more often than `rank` times with less than that chance."""
    assert paired_interval(range(count), chance) == (rank, count - 1 - rank)
    heads = sum(math.comb(count, hits) for hits in range(rank + 1)) / 2 ** count
    assert heads <= chance < heads + math.comb(count, rank + 1) / 2 ** count


@pytest.mark.parametrize("dry, counts", [(1.0, True), (1.25, False)])
def test_a_slower_host_is_not_the_codes(dry, counts):
    """What is no more than the dry run's own difference is the host's."""
    first = results(noisy("bench_a", 1), noisy("bench_dry_run", 2, phases=("clock",)))
    second = results(noisy("bench_a", 3, 1.2), noisy("bench_dry_run", 4, dry, phases=("clock",)))
    found = compare(first, second)
    assert found.shift == pytest.approx(dry - 1, abs=0.04)
    assert found.worse == counts


def test_a_slower_emulator_is_not_the_codes():
    first, second = results(noisy("bench_a", 1)), results(noisy("bench_a", 3, 1.2))
    for one, cycles in ((first, 2000), (second, 2500)):
        one.context["emulated"] = True
        for each in one.measurements[0].repetitions:
            each["insn_cycles"] = cycles
    assert compare(first, second).shift == 0.25
    assert not compare(first, second).worse


def test_only_a_slower_tail_is_found():
    def tail(seed, slow):
        dice = random.Random(seed)
        return results(measurement("bench_a", *(repetition(histogram("call", [
            int(1000 * dice.lognormvariate(0, 0.05) * (slow if n % 33 == 0 else 1))
            for n in range(1000)]), seed=number) for number in range(11))))
    verdicts = {one.percent: one.verdict for one in compare(tail(1, 1), tail(2, 4)).figures}
    assert verdicts == {50: SAME, 99: WORSE}


# ---- the command --------------------------------------------------------------------------------

A = result(noisy("bench_a", 1), noisy("bench_b", 2))
SLOWER = result(noisy("bench_a", 3), noisy("bench_b", 4, 1.3))


def test_no_difference(xc):
    done = compare_files(xc, A, result(noisy("bench_a", 3), noisy("bench_b", 4)))
    assert done.status == 0, done.stderr
    assert done.stdout.splitlines()[-1] == (
        "no difference: 8 figures, in cycles; 95 % confidence for all together, and 5 % either way "
        "is no difference")
    assert "B/A" not in done.stdout


def test_worse_and_better(xc):
    done = compare_files(xc, A, SLOWER)
    assert done.status == 1
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("bench_")]
    assert {(line[0], line[1], line[2], line[-1]) for line in lines} == {
        ("bench_b[2]", phase, percent, "worse") for phase in ("call", "function")
        for percent in ("p50", "p99")}
    assert all(1.2 < float(line[5]) < 1.4 for line in lines)
    assert done.stdout.splitlines()[-1].startswith("4 worse, 4 no difference: 8 figures")
    done = compare_files(xc, SLOWER, A)
    assert done.status == 0
    assert done.stdout.splitlines()[-1].startswith("4 better, 4 no difference: 8 figures")


def test_all(xc):
    done = compare_files(xc, A, SLOWER, "--all")
    assert sum(line.startswith("bench_") for line in done.stdout.splitlines()) == 8


def test_margin(xc):
    """Whoever does not mind 50 % is not told of 30."""
    assert compare_files(xc, A, SLOWER, "--margin", "50").status == 0


def test_with_itself(xc):
    done = compare_files(xc, A, A)
    assert done.status == 0
    assert "no difference: 8 figures" in done.stdout and "other:" not in done.stdout


def test_too_few_repetitions(xc):
    few = result(noisy("bench_a", 1, repetitions=3), noisy("bench_b", 2, repetitions=3))
    done = compare_files(xc, A, few)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr == (
        "xc: b.json: repetitions: 3, but 8 figures can only be told apart with 6: measure with "
        "--repetitions 6, or choose fewer measurements with --only\n")


def test_a_phase_that_few_repetitions_have(xc):
    """It is left out, and told; the rest is compared."""
    lacking = noisy("bench_a", 3)
    for each in lacking["repetitions"][:7]:
        del each["histograms"][1]
    done = compare_files(xc, A, result(lacking, noisy("bench_b", 4)))
    assert done.status == 0, done.stderr
    assert ("not compared: bench_a[2] function: only 4 repetitions could tell it, and 6 are "
            "needed\n" in done.stdout)
    assert "no difference: 6 figures" in done.stdout


@pytest.mark.parametrize("context, words", [
    ({"host": {"module": "kvm_amd"}}, "KVM module: kvm_fake in a.json, kvm_amd in b.json"),
    ({"emulated": True}, "guest kernel code emulated: False in a.json, True in b.json"),
])
def test_what_has_no_comparing(xc, context, words):
    other = result(noisy("bench_a", 3), noisy("bench_b", 4), **context)
    done = compare_files(xc, A, other)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"xc: {words}: these cannot be compared; --force")
    done = compare_files(xc, A, other, "--force")
    assert done.status == 0
    assert words.partition(":")[0] in done.stdout
    assert done.stdout.startswith(EMULATED) == ("emulated" in context)


def test_other_conditions_are_told(xc):
    other = result(noisy("bench_a", 3), noisy("bench_c", 4), fence=False, build_id="11",
                   host={"params": {"kvm.halt_poll_ns": "200000"}})
    text = compare_files(xc, A, other).stdout
    for line in ("other: fence: on in A, off in B", "other: image: 00ff in A, 11 in B",
                 "other: kvm.halt_poll_ns: 0 in A, 200000 in B",
                 "only in A, not compared: 1 measurement",
                 "only in B, not compared: 1 measurement"):
        assert line in text


def test_nothing_in_common(xc):
    done = compare_files(xc, A, result(noisy("bench_c", 1)))
    assert (done.status, done.stderr) == (
        2, "xc: a.json and b.json have no measurement in common\n")


@pytest.mark.parametrize("arguments, words", [
    (["--margin", "x"], "'x' is no percentage: give one such as 5"),
    (["--confidence", "100"], "'100' is no confidence: give a percentage such as 95"),
    (["--only", "x"], "a.json: no measurement matches x"),
])
def test_refusals(xc, arguments, words):
    done = compare_files(xc, A, A, *arguments)
    assert done.status == 2
    assert words in done.stderr
