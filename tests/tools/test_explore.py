# SPDX-License-Identifier: ISC
"""xc explore: what is run, what is said of it, and a mistake found and replayed."""

import subprocess
import sys

import pytest

from support.dropin import ROOT
from support.mutant import Mutant
from xclib.explore.plan import Strategy, parse_strategies, params, units, vcpus_of
from xclib.explore.text import case_line, told
from xclib.table import Case

XC = ROOT / "tools" / "xc"


def case(name="explore_x", least=2, most=2):
    return Case(name, "ipi", "conformance", (), least, most, {}, "A case.", None)


def test_strategies():
    assert parse_strategies("delay:3,freeze,pct,random") == (
        Strategy("delay", 3), Strategy("freeze", 1), Strategy("pct", 3), Strategy("random", 0))


@pytest.mark.parametrize("text, wanted", [
    ("bfs", "no strategy"), ("random:2", "has no depth"), ("delay:0", "from 1 to 8"),
    ("delay:x", "from 1 to 8"), ("", "no strategy")])
def test_no_strategies(text, wanted):
    with pytest.raises(ValueError, match=wanted):
        parse_strategies(text)


def test_as_many_cpus_as_the_case_wants():
    assert vcpus_of(case(), None) == 2
    assert vcpus_of(case(least=3, most=3), None) == 3
    assert vcpus_of(case(least=1, most=1), None) == 1
    assert vcpus_of(case(least=1, most=0), 4) == 4
    assert vcpus_of(case(), 4) is None


def test_the_budget_is_shared_out():
    found = units([case("a"), case("b")], None, parse_strategies("delay:2,random"), 60, 2)
    assert [(unit.case, unit.strategy.name) for unit in found] == [
        ("a", "delay"), ("b", "delay"), ("a", "random"), ("b", "random")]
    assert sum(unit.milliseconds for unit in found) == 60 * 1000 * 2


def test_one_case_is_for_all_jobs():
    found = units([case()], None, parse_strategies("delay:2"), 10, 4)
    assert [(unit.shard, unit.shards) for unit in found] == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert dict(params(found[1], "weak"))["memory"] == 2


def row(strategy, outcome="pass", **fields):
    return {"unit": ["explore_x", 2, strategy, 0, 1], "outcome": outcome, "reason": "",
            "orders": 100, "points": 5000, "shared": 3, "microseconds": 1000, **fields}


def test_all_is_only_said_where_all_was_tried():
    rows = [row("delay:2", exhausted=1, pass_orders=84), row("freeze", exhausted=0)]
    line = case_line("tso", "explore_x", 2, rows)
    assert "84 orders, all with at most 2 delays from 8 base orders" in line
    assert "100 orders with one CPU frozen at one point, not exhausted" in line
    assert line.endswith("3 shared points, tso: none fails")


def test_one_shard_of_two_is_not_all():
    rows = [row("delay:2", exhausted=1, pass_orders=84), row("delay:2", exhausted=0)]
    assert "not exhausted" in case_line("tso", "explore_x", 2, rows)


def test_what_fails_is_named_last():
    lines = told({"model": "tso"}, [row("random", "hang", reason="all halt", schedule="x.sched")])
    assert "again: xc explore replay x.sched" in lines
    assert lines[-1] == "1 case: 1 can fail: explore_x"


def test_brief_leaves_out_what_passes():
    lines = told({"model": "tso"}, [row("random")], brief=True)
    assert len(lines) == 2 and lines[1] == "1 case: no order that was tried fails"


def xc(*arguments, cwd=None):
    return subprocess.run([sys.executable, XC, "explore", *map(str, arguments)], cwd=cwd,
                          capture_output=True, text=True, check=False)


@pytest.mark.kvm
def test_a_mistake_is_found_and_replayed(xcvm_settings, tmp_path):
    mutant = Mutant(tmp_path, xcvm_settings.build)
    mutant.change("guest/kern/kern_synch.c", "if (atomic_load_relaxed(&c->c_wait)) {",
                  "if (c != NULL) {")
    mutant.image("xcguest-explore.elf")
    (tmp_path / "build" / "xcvm").unlink(missing_ok=True)
    (tmp_path / "build" / "xcvm").symlink_to(xcvm_settings.xcvm.resolve())
    done = xc("run", "explore_cond", "--build", tmp_path / "build", "--budget", "10s",
              "-o", "found.jsonl", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 can fail: explore_cond" in done.stdout
    schedule = min(tmp_path.glob("found-explore_cond-*.sched"))
    again = xc("replay", schedule, "--build", tmp_path / "build")
    assert again.returncode == 5
    assert "cond_wait" in again.stdout and "cpu1" in again.stdout
    assert xc("report", "found.jsonl", cwd=tmp_path).returncode == 1
    assert "is there already" in xc("run", "explore_cond", "--build", tmp_path / "build",
                                    "-o", "found.jsonl", cwd=tmp_path).stderr
    assert xc("run", "--resume", "found.jsonl", cwd=tmp_path).returncode == 1


def test_what_xc_says_itself_is_no_parameter(xcvm_settings):
    done = xc("run", "explore_cond", "--build", xcvm_settings.build, "--param", "bases=2")
    assert done.returncode == 2 and "--param bases: is for xc to say" in done.stderr


@pytest.mark.kvm
def test_nothing_fails(xcvm_settings, tmp_path):
    done = xc("run", "explore_ipi_trigger", "--build", xcvm_settings.build, "--strategy", "delay:1",
              "--budget", "10s", "-o", tmp_path / "r.jsonl")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all with at most 1 delay from 8 base orders" in done.stdout
