# SPDX-License-Identifier: ISC
"""xc as a command: progress on a terminal, help, where it finds its parts, make install."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.fake import case, ends
from support.xc import XC
from xclib.place import defaults

pytestmark = pytest.mark.tool

ROOT = XC.parents[1]
LOST = ends("hang", "cpu 0 waits for cpu 1: the IPI was lost", "sent, not pending at the target")


def on_terminal(xc, columns, *arguments, **kwargs):
    """What xc writes on a terminal of so many columns."""
    ours, theirs = pty.openpty()
    os.set_blocking(ours, True)
    subprocess.run(["stty", "cols", str(columns)], stdin=theirs, check=True)
    live = xc.start(*arguments, stderr=theirs, **kwargs)
    os.close(theirs)
    text = b""
    try:
        while more := os.read(ours, 65536):
            text += more
    except OSError:  # how Linux says that nobody has it open any more
        pass
    os.close(ours)
    return text.decode(), live.finish()


def test_progress_on_a_terminal(xc):
    """One line that changes, never longer than the terminal, gone at the end."""
    xc.fake.script(case("a_case_with_a_rather_long_name", eligible=4, when={"3": LOST}))
    text, done = on_terminal(xc, 60, "fault", "sweep", "a_*", "--kind", "lost", "-j", "1",
                             "-o", "out.jsonl", env={**os.environ, "TERM": "xterm"})
    assert done.status == 0
    lines = text.split("\r\n")
    assert lines[-1].endswith("\r\x1b[K")
    assert re.match(r"\r\x1b\[K1 walk, seed \d+; 1 at a time; results: out.jsonl$", lines[0])
    assert lines[1].endswith("\r\x1b[Khang: a_case_with_a_rather_long_name[2] kind=lost,nth=3: "
                             "cpu 0 waits for cpu 1: the IPI was lost")
    drawn = [part for line in lines for part in line.split("\r\x1b[K") if " failures, " in part]
    assert drawn, text
    assert all(re.match(r"\d+:\d\d  \d runs?, 0 failures, ([01] findings?  \| a_case_w.*)?", line)
               and len(line) <= 59 for line in drawn)


def test_dumb_terminal_and_quiet(xc):
    xc.fake.script(case("c", eligible=1))
    arguments = ["fault", "sweep", "c", "--kind", "lost", "-o"]
    text, _ = on_terminal(xc, 60, *arguments, "1", env={**os.environ, "TERM": "dumb"})
    assert "\x1b" not in text and text.count("\r\n") == 1
    text, _ = on_terminal(xc, 60, *arguments, "2", "-q", env={**os.environ, "TERM": "xterm"})
    assert text == "\r\x1b[K"


def test_report_of_several_files(xc):
    """One after the other, as they were told when they were made; the worst decides."""
    xc.fake.script(case("c", eligible=400, when={"stall": ends("hang", "the time limit passed")}))
    told = [xc.run("fault", "campaign", "--kinds", kind, "--count", "2", "-o", kind, "-q")
            for kind in ("dup", "stall")]
    assert [done.status for done in told] == [0, 1]
    done = xc.run("fault", "report", "dup", "stall")
    assert done.status == 1
    assert done.stdout == told[0].stdout + "\n" + told[1].stdout
    assert xc.run("fault", "report", "none").stderr == "xc: none: No such file or directory\n"


def test_table_of_a_campaign(xc):
    """A run with two kinds counts with each, and once in all."""
    row = {"record": "run", "case": "c", "vcpus": 2, "apic": "user", "faults": ["kind=lost"],
           "params": {}, "seed": 1, "entries": None, "status": 0, "seconds": 1.0, "at": 61.0,
           "command": ["xcvm", "--fault", "a b", "c.elf"], "reason": "", "verdict": "pass",
           "diagnosis": None, "injected": 1, "outcome": "pass", "n": 0}
    hang = {**row, "verdict": "hang", "outcome": "hang", "reason": "so it is"}
    rows = [{**row, "kind": "lost"}, {**row, "kind": "dup", "injected": 0},
            {**hang, "kind": "lost+dup", "diagnosis": "never sent"},
            {**hang, "kind": "lost", "outcome": "unexplained", "host": "h:/x"},
            {**row, "kind": "stall", "verdict": "fail", "outcome": "fail", "reason": "1 check"}]
    header = {"record": "header", "format": 1, "tool": "campaign", "seed": 9}
    (xc.folder / "f").write_text("".join(json.dumps(line) + "\n" for line in [header, *rows]))
    assert xc.run("fault", "report", "f").stdout == """\
fault campaign, seed 9: 5 runs in 1:01, 1 failure, 2 findings

kind   runs  faulted  pass  fail  hang  unexplained
lost      3        3     1     0     1            1
dup       2        1     1     0     1            0
stall     1        1     0     1     0            0
all       5        4     2     1     1            1

kind: the diagnosis of what hung
lost  never sent:    1
lost  no diagnosis:  1
dup   never sent:    1
all   never sent:    1
all   no diagnosis:  1

1 failure
(unexplained: hung, and the diagnosis has no verdict)
unexplained: c[2] kind=lost (h:/x): so it is
    xcvm --fault 'a b' c.elf

2 findings
hang: c[2] kind=lost: so it is
    xcvm --fault 'a b' c.elf
fail: c[2] kind=lost: 1 check
    xcvm --fault 'a b' c.elf
"""


def test_reader_that_leaves(xc):
    """`xc fault report | head` ends without a traceback."""
    xc.fake.script(case("c", eligible=1))
    xc.run("fault", "campaign", "--kinds", "lost", "--count", "2", "-o", "out", "-q")
    ours, theirs = os.pipe()
    os.close(ours)
    done = xc.run("fault", "report", "out", stdout=theirs)
    os.close(theirs)
    assert (done.status, done.stderr) == (141, "")


def test_default_output(xc):
    xc.fake.script(case("c", eligible=1))
    xc.run("fault", "campaign", "--kinds", "lost", "--count", "1", "--seed", "5")
    xc.run("fault", "sweep", "c", "--kind", "lost", "--seed", "0x10")
    assert {"xc-campaign-5.jsonl", "xc-sweep-16.jsonl"} <= {p.name for p in xc.folder.iterdir()}


@pytest.mark.parametrize("arguments", [[], ["fault"], ["perf"], ["fault", "swep"]])
def test_usage(arguments):
    done = subprocess.run([sys.executable, XC, *arguments], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: xc")


def test_manual_has_every_option():
    """What --help lists is in xc.1, and the other way about."""
    manual = (ROOT / "docs" / "xc.1").read_text(encoding="utf-8").replace("\\-", "-")
    listed = set()
    commands = [("explore", name) for name in ("run", "replay", "report")] + [
        ("fault", name) for name in ("sweep", "campaign", "report")] + [
        ("perf", name) for name in ("run", "report", "compare", "plot", "html", "export")] + [
        ("wild", "run"), ("wild", "report"), ("model", "shrink")]
    for command in commands:
        text = subprocess.run([sys.executable, XC, *command, "--help"], check=True,
                              capture_output=True, text=True).stdout
        listed |= set(re.findall(r"--([a-z-]+)", text))
    items = "".join(line for line in manual.splitlines() if line.startswith(".It Fl"))
    assert set(re.findall(r"Fl -([a-z-]+)", items)) | {"help"} == listed


def test_place():
    """In the source, from a build directory, installed."""
    assert defaults() == (ROOT / "build" / "xcvm", ROOT / "build" / "xcguest.elf")
    assert defaults("b") == (Path("b/xcvm"), Path("b/xcguest.elf"))
    assert defaults(home=Path("/usr/lib/xcvm/xclib")) == (
        Path("/usr/bin/xcvm"), Path("/usr/lib/xcvm/xcguest.elf"))
    # Anywhere else, however short the way: to be named by --xcvm and --image.
    assert defaults(home=Path("/xclib")) == (Path("/bin/xcvm"), Path("/xcguest.elf"))


def test_installed(tmp_path, xc):
    """What `make install` puts there runs from anywhere, with its package, xcvm and image."""
    make = ["make", "--no-print-directory", f"DESTDIR={tmp_path}/root", "PREFIX=/opt/x"]
    subprocess.run([*make, "install-xc"], cwd=ROOT, check=True, capture_output=True)
    there = tmp_path / "root" / "opt" / "x"
    xc.fake.script(case("c", eligible=1))
    for name, path in (("bin/xcvm", xc.fake.xcvm), ("lib/xcvm/xcguest.elf", xc.fake.image)):
        (there / name).write_bytes(path.read_bytes())
        (there / name).chmod(0o755)
    done = subprocess.run([there / "bin" / "xc", "fault", "sweep", "c", "--kind", "lost", "-q",
                           "-o", "out"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "2 runs" in done.stdout
    subprocess.run([*make, "uninstall"], cwd=ROOT, check=True, capture_output=True)
    assert [path.name for path in there.rglob("*") if path.is_file()] == ["xcguest.elf.log"]
