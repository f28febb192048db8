# SPDX-License-Identifier: ISC
"""--core as a file: when there is one, under which name, whole or not at all; the verdict stays."""

import fcntl
import os
import resource
import signal
import subprocess
from pathlib import Path

import pytest

from support.elf import PT_LOAD, Elf
from support.namespace import unshare

pytestmark = pytest.mark.vmm

MIB = 1 << 20
OLD = b"the core of another day"
START = 0x1000  # of guest memory


class Core(Elf):
    """A core in a file; memory() reads at the guest's addresses."""

    def __init__(self, path):
        super().__init__(path.read_bytes())

    def memory(self, address, size):
        segment, = self.loads()
        start = segment.offset + address - segment.vaddr
        return bytes(self.data[start:start + size])


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def is_in(link, folder):
    """Does it lead to a file there?"""
    try:
        return link.readlink().parent == folder
    except OSError:
        return False  # it was closed meanwhile


@pytest.fixture
def place(tmp_path):
    """A folder where nothing but cores should be."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def test_memory(xcvm, liar_image, place):
    """All of it, at its addresses, and little of it on the disk."""
    path = place / "core"
    done = xcvm.report("--core", path, "--mem", "32M", "--case", "panic_plain", liar_image)
    told, = done.of("core")
    core, image = Core(path), Elf(liar_image.read_bytes())
    segment, = core.loads()
    assert (segment.type, segment.vaddr, segment.filesz) == (PT_LOAD, START, 32 * MIB - START)
    for load in image.loads(image.text.flags) + image.loads(image.constants.flags):
        data = bytes(image.data[load.offset:load.offset + load.filesz])
        assert core.memory(load.vaddr, load.filesz) == data
    assert core.memory(START, 8) == b"XCVMBOOT"
    assert core.memory(31 * MIB, MIB) == bytes(MIB)
    assert told["bytes"] == path.stat().st_size == segment.offset + segment.filesz
    assert told["stored_bytes"] < MIB
    assert path.stat().st_blocks * 512 < 2 * MIB
    assert [event["event"] for event in done.events[-3:]] == ["vcpu", "core", "end"]


@pytest.mark.parametrize("case", ["smoke", "fail_check", "skip", "misuse_right", "done_race",
                                  "hang_right"])
def test_none_without_a_crash_or_hang(xcvm, liar_image, place, case):
    """Nor with one that the case declares."""
    limit = ("--timeout", "0.7") if case == "hang_right" else ()
    done = xcvm.report("--core", place / "core", *limit, "--case", case, liar_image)
    assert done.status in (0, 1, 4)
    assert names(place) == [] and done.of("core") == []
    assert "core:" not in done.stdout


def test_none_on_sigquit_and_interrupt(xcvm, liar_image, place):
    live = xcvm.start("--timeout", "300", "--events", "-", "--core", place / "core", "--case",
                      "hang_cli", liar_image)
    live.until("console")
    live.signal(signal.SIGQUIT)
    live.until("vcpu", cpu=1)
    live.signal(signal.SIGINT)
    assert live.until("end")["code"] == 130
    assert live.finish().status == 130
    assert names(place) == []


def test_none_without_the_option(xcvm, liar_image, place):
    done = xcvm.report("--case", "panic_plain", liar_image, cwd=place)
    assert done.status == 3
    assert names(place) == [] and done.of("core") == []


def test_replaces_an_old_one(xcvm, liar_image, place):
    """Whole, however long that was; who still reads the old one is not disturbed."""
    path = place / "core"
    path.write_bytes(OLD)
    os.truncate(path, 200 * MIB)
    with open(path, "rb") as old:
        assert xcvm.run("--core", path, "--case", "panic_plain", liar_image).status == 3
        assert (os.fstat(old.fileno()).st_size, old.read(len(OLD))) == (200 * MIB, OLD)
    assert path.stat().st_size == Core(path).loads()[0].offset + 64 * MIB - START
    assert names(place) == ["core"]


def test_name_in_the_current_folder(xcvm, liar_image, place):
    """gdb would take a number for a process, and a dash for an option."""
    done = xcvm.run("--core=7", "--case", "panic_plain", liar_image, cwd=place)
    assert f"gdb {liar_image} ./7\n" in done.stdout
    done = xcvm.run("--core=-x y", "--case", "panic_plain", liar_image, cwd=place)
    assert f"gdb {liar_image} ./'-x y'\n" in done.stdout
    assert names(place) == ["-x y", "7"]


def test_each(xcvm, liar_image, place):
    """Named after the run; none of those that passed."""
    done = xcvm.report("--each=[pm]*i[cs]*", "--timeout", "0.7", "-j", "2", "--core",
                       place / "core", liar_image)
    runs = {event["run"]: event["case"] for event in done.of("run")}
    bad = [end["run"] for end in done.of("end") if end["verdict"] in ("crash", "hang")]
    assert len(bad) >= 5 and len(runs) > len(bad)
    paths = {event["run"]: event["path"] for event in done.of("core")}
    assert paths == {run: f"{place}/core.{run}-{runs[run]}" for run in bad}
    assert names(place) == sorted(f"core.{run}-{runs[run]}" for run in bad)
    for run in bad:
        assert f"gdb {liar_image} {paths[run]}\n" in done.stdout
        assert f"--case {runs[run]} ".encode() in Core(place / f"core.{run}-{runs[run]}").data


def unchanged(done, words):
    """The run is told as it would be without a core, and why there is none."""
    core, = done.of("core")
    assert (done.status, done.end["verdict"]) == (3, "crash")
    assert (core["bytes"], core["stored_bytes"]) == (None, None)
    assert words in core["error"] and core["error"].startswith(f"--core {core['path']}: ")
    assert f"no core: {core['error']}\n" in done.stdout
    assert "gdb " not in done.stdout


@pytest.mark.parametrize("below, words", [
    ("nowhere/core", "No such file or directory: name a file in a folder"),
    ("file/core", "Not a directory: name a file in a folder"),
])
def test_no_such_folder(xcvm, liar_image, place, below, words):
    (place / "file").write_bytes(OLD)
    unchanged(xcvm.report("--core", place / below, "--case", "panic_plain", liar_image), words)
    assert names(place) == ["file"]


def in_namespace(xcvm, script, *arguments):
    """The report of a run after the shell script, in a mount namespace of its own."""
    if unshare() is None:
        pytest.skip("a file system for the test needs a mount namespace: run as root")
    events = xcvm.folder / "events"
    shell = f'{script} && "$@"; status=$?; {{ ls; cat core; }} >../seen 2>&1; exit $status'
    done = subprocess.run(
        [*unshare(), "sh", "-c", shell, "sh", xcvm.path, "--events", str(events),
         *map(str, arguments)], capture_output=True, text=True, check=False)
    report = xcvm.parse(events)
    report.status, report.stdout = done.returncode, done.stdout
    return report


@pytest.mark.parametrize("script, words", [
    ("mount -t tmpfs -o size=64k none {0} && cd {0} && printf %s '{1}' >core",
     "No space left on device: make room"),
    ("mount -t tmpfs none {0} && cd {0} && printf %s '{1}' >core && mount -o remount,ro {0}",
     "Read-only file system: name a file in a folder that can be written"),
], ids=["full", "read_only"])
def test_disk(xcvm, liar_image, place, script, words):
    done = in_namespace(xcvm, script.format(place, OLD.decode()), "--core", "core", "--case",
                        "panic_plain", liar_image)
    unchanged(done, words)
    assert (xcvm.folder / "seen").read_bytes() == b"core\n" + OLD


def test_file_size_limit(xcvm, liar_image, place):
    """ulimit -f: no death by SIGXFSZ."""
    path = place / "core"
    path.write_bytes(OLD)
    done = xcvm.report("--core", path, "--case", "panic_plain", liar_image,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (MIB, MIB)))
    unchanged(done, "File too large: raise the limit (ulimit -f)")
    assert path.read_bytes() == OLD and names(place) == ["core"]


def test_each_that_cannot(xcvm, liar_image, place):
    """Each says so; the summary is that of the cases."""
    done = xcvm.report("--each=panic_*", "--core", place / "nowhere" / "core", liar_image)
    assert done.status == 3
    assert len(done.of("core")) == done.events[-1]["count"]["crash"] == 3
    assert all("No such file" in event["error"] for event in done.of("core"))


REFUSED = {"-": "standard output", "/": "no regular file", "/dev/null": "no regular file",
           "{image}": "is the image", "{link}": "is the image", "{events}": "of --events"}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(xcvm, liar_image, place, name):
    """Before anything runs; what has the name stays."""
    before = liar_image.read_bytes()
    events, link = place / "events", place / "link"
    events.write_bytes(b"")
    link.symlink_to(liar_image)
    name = name.format(image=liar_image, link=link, events=events)
    done = xcvm.run("--core", name, "--events", events, "--case", "panic_plain", liar_image)
    assert (done.status, done.stdout) == (2, "")
    assert done.stderr.startswith(f"xcvm: --core {name}: ")
    assert liar_image.read_bytes() == before
    assert names(place) == ["events", "link"] and os.path.samefile(link, liar_image)


def test_fifo_has_the_name(xcvm, liar_image, place):
    """The name of --each is only known when its run ends: nobody waits for a reader of it."""
    path = place / "core.1-panic_plain"
    os.mkfifo(path)
    done = xcvm.report("--core", place / "core", "--each=panic_plain", liar_image)
    assert done.status == 3
    assert "no regular file" in done.of("core")[0]["error"]
    assert names(place) == [path.name] and path.is_fifo()


def test_interrupted(xcvm, panicking_image, place):
    """Ctrl-C after the verdict, before the core is there: at once, and nothing of it is left."""
    events = xcvm.folder / "events"
    read, write = os.pipe()
    # Nobody reads, and the report of 8 CPUs does not fit: it is not told when the signal comes.
    fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)
    live = xcvm.start("--events", events, "--core", place / "core", "--vcpus", "8", "--case",
                      "trap_remote", panicking_image, stdout=write)
    while not events.exists() or b'"event":"panic"' not in events.read_bytes():
        assert live.process.poll() is None
    live.signal(signal.SIGINT)
    done = live.finish()
    os.close(read)
    os.close(write)
    report = xcvm.parse(events)
    core, = report.of("core")
    assert core["error"] == f"--core {place}/core: interrupted by SIGINT"
    assert (done.status, report.end["verdict"]) == (3, "crash")
    assert names(place) == []


def test_killed(xcvm, panicking_image, place):
    """While it writes, which takes its time with so much memory to look through."""
    live = xcvm.start("--core", place / "core", "--mem", "3G", "--case", "trap_remote",
                      panicking_image)
    files = Path(f"/proc/{live.pid}/fd")
    while not any(is_in(file, place) for file in files.iterdir()):
        assert live.process.poll() is None, "the core was written before it could be killed"
    live.signal(signal.SIGKILL)
    live.finish()
    assert names(place) == []
