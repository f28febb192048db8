# SPDX-License-Identifier: ISC
"""xc model shrink: the round that fails, the fewest steps of it, the command that repeats it."""

import random

import pytest

from support.fake import case, ends
from xclib.model.shrink import STEPS, mask_of, shrink

pytestmark = pytest.mark.tool

PARAMS = {"rounds": 2, "round": 2 ** 64 - 1, "keep": 2 ** 64 - 1, "xc_preset": 0}


def modelled(*needs, verdict="fail", fails_in=3, **fields):
    """A case whose round fails when it takes these steps."""
    end = ends(verdict, "the model says otherwise")["end"]
    return case("model_x", table={"params": PARAMS, "param_docs": dict.fromkeys(PARAMS, "")},
                model={"round": fails_in, "needs": needs, "end": end}, **fields)


def small(xc, *arguments):
    return xc.run("model", "shrink", "model_x", "--seed", "7", "-q", *arguments)


def test_mask_of():
    assert mask_of([]) == 0
    assert mask_of([0, 5, 63]) == 1 << 63 | 33


@pytest.mark.parametrize("number", range(20))
def test_all_that_is_needed_is_left(number):
    """Whatever steps it takes, they are what is left, and no great number of looks finds them."""
    draw = random.Random(number)
    needs = set(draw.sample(range(STEPS), number))
    looks = []

    def fails(steps):
        looks.append(steps)
        return needs <= set(steps)

    assert shrink(fails) == sorted(needs)
    assert len(looks) < 4 * STEPS


def test_either_of_two():
    """Of two ways to fail one is left, whole."""
    left = shrink(lambda steps: {3, 40} <= set(steps) or {9, 50} <= set(steps))
    assert left in ([3, 40], [9, 50])


@pytest.mark.parametrize("verdict", ["fail", "crash", "hang"])
def test_smallest(xc, verdict):
    xc.fake.script(modelled(2, 33, 60, verdict=verdict))
    done = small(xc)
    assert done.status == 1, done.stderr
    assert f"seed 7, round 3: {verdict}, with 3 of 64 steps" in done.stdout
    assert [line for line in done.stdout.splitlines() if line.startswith("\t")] == [
        "\ton(0, step(2));", "\ton(0, step(33));", "\ton(0, step(60));"]
    assert "the model says otherwise" in done.stdout
    again = done.stdout.splitlines()[-1]
    assert again.startswith("again: ")
    assert f"--seed 7 --param round=3 --param keep={mask_of([2, 33, 60])}" in again
    assert "--timeout" not in again


def test_what_is_run(xc):
    xc.fake.script(modelled(0, fails_in=1))
    assert small(xc, "--vcpus", "2", "--apic", "user", "--param", "xc_preset=5").status == 1
    for call in xc.fake.calls():
        assert call[call.index("--vcpus") + 1] == "2"
        assert call[call.index("--apic") + 1] == "user"
        assert "xc_preset=5" in call
    rounds = [call for call in xc.fake.calls() if not any("keep=" in word for word in call)]
    assert [word for call in rounds for word in call if word.startswith("round=")] == [
        "round=0", "round=1"]


def test_none_fails(xc):
    xc.fake.script(modelled(1))
    done = small(xc, "--rounds", "3")
    assert (done.status, len(xc.fake.calls())) == (0, 3)
    assert "seed 7: 3 rounds, and none fails" in done.stdout
    done = small(xc, "--round", "2")
    assert done.status == 0 and "round 2, and none fails" in done.stdout


def test_tries(xc):
    xc.fake.script(modelled(1))
    assert small(xc, "--round", "2", "--tries", "4").status == 0
    assert len(xc.fake.calls()) == 4


@pytest.mark.parametrize("arguments, says", [
    (["--param", "keep=3"], "--param keep: is what this command looks for: say --round"),
    (["--param", "other=3"], "--param other: no chosen case has this parameter"),
    (["--tries", "0"], "give a number from 1 up"),
    (["--round", "-1"], "out of range"),
    (["--apic", "none"], "none"),
])
def test_bad_options(xc, arguments, says):
    xc.fake.script(modelled(1))
    done = small(xc, *arguments)
    assert done.status == 2 and says in done.stderr
    assert xc.fake.calls() == []


def test_no_such_case(xc):
    xc.fake.script(case("o1_call"))
    done = xc.run("model", "shrink", "o1_cal", "-q")
    assert done.status == 2 and "did you mean o1_call?" in done.stderr
    done = xc.run("model", "shrink", "o1_call", "-q")
    assert done.status == 2 and "o1_call has no parameter rounds: it is no case" in done.stderr


def test_broken_run(xc):
    """What says nothing of the case ends the search, and tells where it stood."""
    xc.fake.script(modelled(1, cut=1))
    done = small(xc)
    assert done.status == 2
    assert "model_x, round 0, keep 0xffffffffffffffff: broken" in done.stderr


def test_without_kvm(xc):
    xc.fake.script(modelled(1), nokvm="/dev/kvm is missing")
    assert small(xc).status == 6
