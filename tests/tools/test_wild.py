# SPDX-License-Identifier: ISC
"""xc wild: mistakes by rule, which are drawn, what becomes of them."""

import json
import signal
import subprocess

import pytest

from support.dropin import ROOT
from xclib.wild.draw import draw
from xclib.wild.rules import CONCURRENCY, RULES, mistakes
from xclib.wild.text import told
from xclib.wild.tokens import Source

TEXT = """\
#define LIMIT(x) ((x) < 3) /* no code */
static int count[2];

int
f(struct thing *t, uint64_t n)
{
\tint s = splraise(IPL_VM);

\tKASSERT(n == 7);
\tif (n > 2 && t != NULL)
\t\treturn (0);
\tt->busy = 0;
\twakeup(t);
\tmembar_producer();
\tatomic_inc_uint(&t->refs);
\tcount[n] += 1; /* count[n] -= 1; */
\tsplx(s);
\tmutex_enter(&t->lock);
\tg(t, n);
\twhile (t->busy == 0)
\t\tcv_wait(&t->cv, &t->lock);
\tfor (u_int i = 0; i < n; i++)
\t\th("a; b", i);
\treturn (1);
}
"""


@pytest.fixture(name="made", scope="module")
def fixture_made():
    return list(mistakes("guest/kern/x.c", Source(TEXT)))


def changes(made, rule):
    return {mistake.change for mistake in made if mistake.rule == rule}


@pytest.mark.parametrize("rule, some", [
    ("drop_statement", "g(t, n); -> nothing"),
    ("drop_statement", 'h("a; b", i); -> ;'),
    ("drop_statement", "t->busy = 0; -> nothing"),
    ("off_by_one", "2 -> 3"), ("off_by_one", "2 -> 1"),
    ("bound", "> -> >="), ("bound", "< -> <="),
    ("operator", "&& -> ||"), ("operator", "+= -> -="), ("operator", "== -> !="),
    ("negate_condition", "n > 2 && t != NULL -> !(n > 2 && t != NULL)"),
    ("fixed_condition", "n > 2 && t != NULL -> 0"),
    ("half_condition", "n > 2 && t != NULL -> n > 2"),
    ("return_value", "1 -> 0"),
    ("first_place_only", "n -> 0"),
    ("loop_end", "u_int i = 0 -> u_int i = 1"),
    ("other_argument", "t, n -> n, t"),
    ("drop_barrier", "membar_producer(); -> nothing"),
    ("drop_lock", "mutex_enter(&t->lock); -> nothing"), ("drop_lock", "splx(s); -> nothing"),
    ("lock_later", "mutex_enter(&t->lock); g(t, n); -> g(t, n); mutex_enter(&t->lock);"),
    ("unlock_earlier", "count[n] += 1; /* count[n] -= 1; */ splx(s); -> splx(s); count[n] += 1;"),
    ("other_level", "IPL_VM -> IPL_SCHED"), ("other_level", "IPL_VM -> IPL_SOFTSERIAL"),
    ("flag_moved", "t->busy = 0; wakeup(t); -> wakeup(t); t->busy = 0;"),
    ("plain_for_atomic", "atomic_inc_uint(&t->refs) -> (++*(&t->refs))"),
    ("wake_one", "wakeup -> wakeup_one"),
    ("wait_once", "while -> if"),
])
def test_rule(made, rule, some):
    assert some in changes(made, rule)


def test_every_rule_has_a_test():
    marks = [mark for mark in test_rule.pytestmark if mark.name == "parametrize"]
    tested = {row[0] for row in marks[0].args[1]}
    # swap_statements, barrier_moved: what is left to them of neighbours; width: declarations.
    assert set(RULES) - tested == {"swap_statements", "barrier_moved", "width"}


def test_what_is_no_code_stays(made):
    """Nothing in a macro, a comment, a string, an assertion or a declaration of a file's own."""
    lines = TEXT.splitlines()
    for mistake in made:
        assert mistake.line not in (1, 2, 9), mistake
        assert mistake.old in TEXT and mistake.function == "f"
        assert len(mistake.apply(TEXT).splitlines()) == len(lines)
    assert not any("-= 1" in mistake.old and "+=" not in mistake.old for mistake in made)


def test_each_once(made):
    assert len({mistake.apply(TEXT) for mistake in made}) == len(made)


def test_draw(made):
    """Nothing is lost, the same seed says the same, and no rule comes first alone."""
    one, other = draw(made, 1), draw(made, 2)
    assert one == draw(made, 1) and one != other
    assert sorted(map(id, one)) == sorted(map(id, other)) == sorted(map(id, made))
    first = one[:12]
    assert len({mistake.rule for mistake in first}) == 12
    assert sum(mistake.rule in CONCURRENCY for mistake in first) == 6


def wild(*args):
    return subprocess.run([ROOT / "tools" / "xc", "wild", *map(str, args)], text=True,
                          capture_output=True, check=False, cwd=ROOT)


@pytest.mark.parametrize("args, words", [
    (["--rules", "drop_barier"], ["--rules drop_barier", "drop_barrier"]),
    (["--files", "nowhere/*.c"], ["--files nowhere/*.c", "no C file"]),
    (["--build", "nowhere"], ["nowhere/xcvm", "run `make` first"]),
    (["--count", "0"], ["--count", "from 1 up"]),
    (["--all", "--no-reach"], ["--all", "leave --no-reach out"]),
])
def test_refused(args, words, tmp_path):
    done = wild("run", "-o", tmp_path / "w.jsonl", *args)
    assert done.returncode == 2
    for word in words:
        assert word in done.stderr
    assert list(tmp_path.iterdir()) == []


def not_ignored():
    """A shell without job control has its background jobs ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.vmm
def test_stopped(tmp_path, xcvm_settings, our_image):
    """A signal ends it soon, whatever runs; what was done stays."""
    assert our_image
    result = tmp_path / "w.jsonl"
    with subprocess.Popen([ROOT / "tools/xc", "wild", "run", "--count", "9", "--seed", "3",
                           "--build", str(xcvm_settings.build), "-o", str(result), "--no-reach",
                           "--cases", "o22_lost_ipi", "--files", "guest/kern/subr_kcpuset.c"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          cwd=ROOT, preexec_fn=not_ignored) as run:
        while not result.exists() or result.stat().st_size == 0:
            run.poll()
            assert run.returncode is None
        run.send_signal(signal.SIGINT)
        said = run.communicate(timeout=60)[0]
    assert run.returncode == 128 + signal.SIGINT
    assert f"{result}  (stopped: go on with --resume)" in said


@pytest.mark.vmm
def test_run(tmp_path, xcvm_settings, our_image):
    """Two mistakes in a file that few cases reach, seen by those; gone on with for a third."""
    assert our_image
    result = tmp_path / "w.jsonl"
    done = wild("run", "--count", 2, "--seed", 3, "-j", 1, "--build", xcvm_settings.build, "-o",
                result, "--files", "guest/kern/subr_kcpuset.c", "--cases", "kcpuset_*",
                "--rules", "negate_condition,drop_statement", "--no-reach")
    assert done.returncode == 0, done.stderr
    header, *rows = map(json.loads, result.read_text().splitlines())
    assert header["seed"] == 3 and list(header["files"]) == ["guest/kern/subr_kcpuset.c"]
    counted = [row for row in rows if row["outcome"] in ("killed", "lucky", "survived")]
    assert len(counted) == 2 and any(row["outcome"] == "killed" for row in counted), rows
    for row in counted:
        for killer in row["killers"]:
            assert killer["case"].startswith("kcpuset_")
    again = wild("run", "--count", 3, "-j", 1, "--resume", result)
    assert again.returncode == 0, again.stderr
    assert result.read_text().startswith(json.dumps(header))
    assert "3 mistakes that change code" in wild("report", result).stdout
    left = [row["n"] for row in map(json.loads, result.read_text().splitlines()[1:])
            if row["outcome"] in ("lucky", "survived")]
    rest = wild("run", "--left", result, "-o", tmp_path / "left.jsonl", "-j", 1)
    if left:
        assert rest.returncode == 0, rest.stderr
        rows = list(map(json.loads, (tmp_path / "left.jsonl").read_text().splitlines()))[1:]
        assert sorted(row["n"] for row in rows) == sorted(left)
    else:
        assert (rest.returncode, "all mistakes were killed" in rest.stderr) == (2, True)


def test_alone():
    """Of all cases: what each sees, what it sees alone, and the fewest that see it all."""
    def row(*cases):
        return {"file": "f.c", "line": 1, "function": "f", "rule": "width", "change": "a -> b",
                "outcome": "killed" if cases else "survived", "at": 1, "seconds": 1,
                "killers": [{"case": case, "often": 1} for case in cases]}

    lines = list(told({"seed": 1, "vcpus": 4, "all": True},
                      [row("a", "b"), row("a", "b"), row("c", "a"), row("c"), row()]))
    assert ["c", "2", "1"] in map(str.split, lines)
    assert ["a", "3", "0"] in map(str.split, lines)
    assert "3 cases see 4 mistakes; 2 of them see as many: a c" in lines
