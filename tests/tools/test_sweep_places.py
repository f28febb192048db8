# SPDX-License-Identifier: ISC
"""xc fault sweep --at: which places of which file, what is run there, and the table."""

import os
import shutil

import pytest

from support.fake import case
from xclib.errors import OptionError
from xclib.fault.places import (ACCESSES, FUNCTIONS, INSTRUCTIONS, LINES, every_place,
                                places_of)

pytestmark = pytest.mark.tool

KERN = "guest/kern/kern_mutex.c"


@pytest.fixture(scope="module")
def everywhere(our_image):
    return every_place(our_image)


def test_accesses(everywhere):
    """Those that lock the bus, in the file's own functions, wherever they were written."""
    found = places_of(everywhere, ACCESSES, KERN)
    assert {place.function for place in found} >= {"mutex_enter", "mutex_exit", "mutex_spin_enter"}
    assert all(place.text.startswith(("lock ", "xchg")) and "(" in place.text for place in found)
    assert all(place.offset > 0 and place.file == KERN and place.line > 1 for place in found)
    assert places_of(everywhere, ACCESSES, "kern_mutex.c") == found
    assert not {place.name for place in found} & {
        place.name for place in places_of(everywhere, ACCESSES, "guest/kern/kern_sched.c")}


def test_functions(everywhere):
    names = [place.name for place in places_of(everywhere, FUNCTIONS, KERN)]
    assert {"mutex_init", "mutex_enter", "mutex_exit"} <= set(names)
    assert len(names) == len(set(names)) and not any("+" in name for name in names)


def test_lines(everywhere):
    """The first instruction of each line in each function."""
    found = places_of(everywhere, LINES, KERN)
    pairs = [(place.function, place.line) for place in found]
    assert len(pairs) == len(set(pairs)) > len(places_of(everywhere, FUNCTIONS, KERN))
    assert {place.name for place in found} >= {"mutex_init", "mutex_enter"}


def test_instructions(everywhere):
    """All of them: what the other ways find is among them."""
    found = places_of(everywhere, INSTRUCTIONS, KERN)
    assert len(found) == len({(place.function, place.offset) for place in found})
    assert {place for way in (ACCESSES, LINES, FUNCTIONS)
            for place in places_of(everywhere, way, KERN)} < set(found)


def test_file_that_is_not_there(everywhere):
    with pytest.raises(OptionError, match=r"--file guest/kern/kern_mutexx\.c: no function of the "
                       r"image is of this file: did you mean guest/kern/kern_mutex\.c"):
        places_of(everywhere, LINES, "guest/kern/kern_mutexx.c")


@pytest.fixture
def sweep(xc, our_image):
    """Sweep the fake's cases; its image is a script, so that of the places is ours."""
    tools = xc.folder / "tools"
    tools.mkdir()
    for name in ("objdump", "addr2line"):
        path = tools / name
        path.write_text('#!/bin/bash\nset -- "${@/*xcguest.elf/' + f'{our_image}' + '}"\n'
                        f'exec {shutil.which(name)} "$@"\n')
        path.chmod(0o755)
    environment = {"PATH": f"{tools}:{os.environ['PATH']}"}

    def run(*arguments):
        return xc.run("fault", "sweep", *arguments, "--seed", "7", "-o", "out.jsonl", "-q",
                      env=environment)
    return run


def of(api, path):
    return {"implementation": {"api": api, "path": path, "sha256": "0" * 64, "foreign": False}}


@pytest.fixture
def locks(everywhere):
    """The places of kern_xcall.c."""
    return places_of(everywhere, ACCESSES, "guest/kern/kern_xcall.c")


def test_what_is_run(xc, sweep, locks):
    """Each place so many times, each time with another seed; the file is that of the API."""
    xc.fake.script(case("o1", eligible=9, table=of("cpu_xcall", "guest/kern/kern_xcall.c")))
    done = sweep("o1", "--kind", "preempt", "--at", "accesses", "--limit", "2")
    assert done.status == 0, done.stderr
    assert sorted((row["faults"][0], row["seed"]) for row in xc.rows()) == sorted(
        (f"kind=preempt,function={place.name},for_us=2000,probability=25,times=20", seed)
        for place in locks for seed in (7, 8))


def test_what_is_said_of_the_fault(xc, sweep, locks):
    """What --fault says takes the place of what is usual, and nth is an event alone."""
    xc.fake.script(case("o1", eligible=9, table=of("cpu_xcall", "guest/kern/kern_xcall.c")))
    sweep("o1", "--kind", "preempt", "--at", "accesses", "--fault",
          "interval=3,for_us=9", "--limit", "1")
    assert {row["faults"][0] for row in xc.rows()} == {
        f"kind=preempt,function={place.name},interval=3,for_us=9" for place in locks}


def test_table(xc, sweep, everywhere):
    """A row for each place, over the cases; a run that was not struck does not end a place."""
    found = places_of(everywhere, ACCESSES, "guest/kern/kern_mutex.c")
    xc.fake.script(case("o1", eligible=0), case("o2", eligible=1, verdict="fail", reason="1 check"))
    done = sweep("o1", "o2", "--kind", "preempt", "--at", "accesses", "--file", KERN)
    assert done.status == 0, done.stderr
    lines = done.stdout.split("\n\n")[1].splitlines()
    assert lines[0].split() == ["place", "runs", "faulted", "pass", "fail"]
    assert [line.split() for line in lines[1:-1]] == [
        [place.name, f"kern_mutex.c:{place.line}", "6", "3", "3", "3"] for place in found]
    assert lines[-1].split() == ["all", *(str(n * len(found)) for n in (6, 3, 3, 3))]


def test_goes_on(xc, sweep, locks):
    """What a result file has is not run again."""
    xc.fake.script(case("o1", eligible=1, table=of("cpu_xcall", "guest/kern/kern_xcall.c")))
    sweep("o1", "--kind", "preempt", "--at", "accesses")
    path = xc.folder / "out.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]))
    before = len(xc.fake.calls())
    assert xc.run("fault", "sweep", "--resume", "out.jsonl", "-q").status == 0
    assert len(xc.rows()) == 3 * len(locks)
    assert len([call for call in xc.fake.calls()[before:] if "--case" in call]) == 2


@pytest.mark.parametrize("arguments, words", [
    (["--kind", "lost", "--at", "lines"], "--at lines: is for --kind preempt"),
    (["--kind", "preempt,stall", "--at", "functions"], "--at functions: is for --kind preempt"),
    (["--kind", "preempt", "--at", "lines"], "o1: is of no API that a file of the image implements"
     ": say --file, such as --file guest/kern/kern_mutex.c"),
    (["--kind", "preempt", "--at", "lines", "--file", "kern_mutx.c"],
     "--file kern_mutx.c: no function of the image is of this file"),
    (["--kind", "preempt", "--file", KERN], f"--file {KERN}: is for --at: add --at accesses"),
    (["--kind", "preempt", "--at", "accesses", "--file", "guest/kern/kern_condvar.c"],
     "--at accesses: there is none in guest/kern/kern_condvar.c: say --at lines"),
])
def test_refusals(xc, sweep, arguments, words):
    xc.fake.script(case("o1"))
    done = sweep("o1", *arguments)
    assert done.status == 2, done
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (xc.folder / "out.jsonl").exists()
