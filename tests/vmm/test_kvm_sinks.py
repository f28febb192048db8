# SPDX-License-Identifier: ISC
"""Where reports go: readers that go away, full disks, terminals; never half a line."""

import os
import pty
import re
import resource
import signal
import subprocess

import pytest

from support.namespace import unshare
from xcvm_pytest.events import parse_report

pytestmark = pytest.mark.vmm

FLOOD = ("--timeout", "60", "--case", "flood_endless")


def test_events_on_standard_output(xcvm, liar_image):
    """Nothing but JSON there; what a person reads goes to standard error."""
    done = xcvm.run("--events", "-", "--case", "fail_check", liar_image)
    assert done.status == 1
    report = parse_report(done.stdout.encode())
    assert report.problems == []
    assert [event["event"] for event in report.events] == ["run", "check", "end"]
    assert "liar/ends.c:42" in done.stderr


def test_events_of_each_on_standard_output(xcvm, liar_image):
    done = xcvm.run("--events", "-", "--each=done_*", "-j", "2", liar_image)
    report = parse_report(done.stdout.encode())
    assert (done.status, report.problems) == (0, [])
    assert report.events[-1]["event"] == "summary"
    assert "done_other" in done.stderr


def test_events_replace_an_old_report(xcvm, liar_image, tmp_path):
    path = tmp_path / "events"
    path.write_text("old\n" * 100_000)
    assert xcvm.run("--events", path, liar_image).status == 0
    assert xcvm.parse(path).events[0]["event"] == "run"


def incomplete(done, words):
    """The run ended for want of a report, and said so."""
    assert done.status == 2, done
    assert words in done.stdout + done.stderr
    assert "report is incomplete" in done.stdout + done.stderr


@pytest.mark.parametrize("case", ["smoke", "flood_endless", "hang_cli"])
def test_full_device(xcvm, liar_image, case):
    incomplete(xcvm.run("--timeout", "60", "--case", case, "--events", "/dev/full", liar_image),
               "No space left")


@pytest.mark.parametrize("arguments", [FLOOD, ("--timeout", "60", "--each=flood*")],
                         ids=["run", "each"])
def test_reader_goes_away(xcvm, liar_image, arguments):
    live = xcvm.start("--events", "-", *arguments, liar_image)
    live.until("console")
    live.process.stdout.close()
    incomplete(live.finish(), "Broken pipe")
    assert live.members() == []


def test_reader_of_a_fifo_goes_away(xcvm, liar_image, tmp_path):
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    live = xcvm.start(*FLOOD, "--events", path, liar_image)
    os.set_blocking(reader, True)
    # A FIFO without a writer reads as ended: wait for the first bytes.
    while not os.read(reader, 4096):
        assert live.process.poll() is None
    os.close(reader)
    incomplete(live.finish(), "Broken pipe")


def whole_lines(data):
    """Every line of a cut report is whole and valid, and the last ends with a newline."""
    assert data.endswith(b"\n")
    report = parse_report(data)
    assert report.problems == []
    assert report.events[0]["event"] == "run"
    return report.events


def test_file_size_limit(xcvm, liar_image, tmp_path):
    """ulimit -f: no death by SIGXFSZ, and no half line."""
    path = tmp_path / "events"
    done = xcvm.run(*FLOOD, "--events", path, liar_image, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (20_000, 20_000)))
    incomplete(done, "File too large")
    whole_lines(path.read_bytes())
    assert path.stat().st_size <= 20_000


def test_file_size_limit_at_once(xcvm, liar_image, tmp_path):
    """The first event already does not fit, and no vCPU's thread writes it."""
    path = tmp_path / "events"
    done = xcvm.run("--events", path, liar_image, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (800, 800)))
    incomplete(done, "File too large")
    assert path.read_bytes() == b""


def test_what_is_in_a_log_stays(xcvm, liar_image, tmp_path):
    """A shell's `>>`, and no room for the first event."""
    path = tmp_path / "log"
    path.write_bytes(b"old\n" * 190)
    log = os.open(path, os.O_WRONLY | os.O_APPEND)
    done = xcvm.run("--events", "-", liar_image, stdout=log, preexec_fn=lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (800, 800)))
    os.close(log)
    assert done.status == 2
    assert "File too large" in done.stderr and "report is incomplete" in done.stderr
    assert path.read_bytes() == b"old\n" * 190


def test_full_disk(xcvm_path, liar_image, tmp_path):
    if unshare() is None:
        pytest.skip("a small file system needs a mount namespace: run as root")
    disk = tmp_path / "disk"
    disk.mkdir()
    script = ('mount -t tmpfs -o size=64k none "$1" && shift && "$@"; status=$?; '
              f'cp {disk}/events {tmp_path}/copy; exit $status')
    done = subprocess.run(
        [*unshare(), "sh", "-c", script, "sh", str(disk), str(xcvm_path), *FLOOD, "--events",
         str(disk / "events"), str(liar_image)], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done
    assert "No space left" in done.stdout + done.stderr
    assert len(whole_lines((tmp_path / "copy").read_bytes())) > 100


def test_killed_in_the_middle(xcvm, liar_image, tmp_path):
    """SIGKILL: at most the last line is cut, so a report is never longer than what happened."""
    path = tmp_path / "events"
    live = xcvm.start(*FLOOD, "--events", path, liar_image)
    while not path.exists() or path.stat().st_size < 50_000:
        assert live.process.poll() is None
    live.signal(signal.SIGKILL)
    live.finish()
    report = parse_report(path.read_bytes())
    assert all("cut off" in problem or "not JSON" in problem for problem in report.problems)
    assert len(report.problems) <= 2
    assert report.events[-1]["event"] != "end"


def test_standard_output_is_full(xcvm, liar_image):
    with open("/dev/full", "wb") as full:
        done = xcvm.run(liar_image, stdout=full)
    assert done.status == 2
    assert "No space left" in done.stderr


@pytest.mark.parametrize("arguments, status", [
    (("--case", "smoke"), 2), (("--case", "flood"), 2), (("--case", "fail_check"), 1),
    (("--each=done_*",), 2)], ids=["smoke", "flood", "fail", "each"])
def test_standard_output_goes_away(xcvm, liar_image, arguments, status):
    """A pass nobody was told of is no pass."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as pipe:
        done = xcvm.run(*arguments, liar_image, stdout=pipe)
    assert done.status == status
    assert "Broken pipe" in done.stderr


def test_standard_streams_closed(xcvm_path, liar_image, tmp_path):
    """Started with 0, 1 and 2 closed: no descriptor of a VM may end up as standard output."""
    path = tmp_path / "events"
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", str(xcvm_path), "--events", str(path),
         "--case", "say_pieces", str(liar_image)], check=False)
    assert done.returncode in (0, 2)
    if path.exists():
        assert parse_report(path.read_bytes()).problems == []


def on_terminal(xcvm, *arguments, **env):
    """What a terminal gets to see."""
    master, slave = pty.openpty()
    live = xcvm.start(*arguments, stdout=slave, env={"PATH": os.environ["PATH"], **env})
    os.close(slave)
    seen = b""
    try:
        while piece := os.read(master, 65536):
            seen += piece
    except OSError:  # EIO: the last one who had it open has gone
        pass
    os.close(master)
    live.finish()
    return seen.decode()


@pytest.mark.parametrize("arguments", [("--case", "fail_check"), ("--each=fail_check",)],
                         ids=["run", "each"])
def test_colour_on_a_terminal_only(xcvm, liar_image, arguments):
    colour = re.compile(r"\x1b\[[0-9;]*m")
    assert colour.search(on_terminal(xcvm, *arguments, liar_image, TERM="xterm"))
    plain = on_terminal(xcvm, *arguments, liar_image, TERM="xterm", NO_COLOR="1")
    assert "fail_check" in plain and not colour.search(plain)
    assert "\x1b" not in xcvm.run(*arguments, liar_image).stdout


def test_guest_cannot_write_to_the_terminal(xcvm, liar_image):
    """Escape sequences of the guest are made harmless."""
    assert "\x1b[31m" not in on_terminal(xcvm, "--case", "say_bytes", liar_image, NO_COLOR="1")


@pytest.mark.parametrize("count", [4])
def test_side_by_side(xcvm, liar_image, count):
    """Runs beside each other do not see each other."""
    paths = [xcvm.folder / f"side-{number}" for number in range(count)]
    live = [xcvm.start("--events", path, "--seed", number, "--case", "boot_block", liar_image)
            for number, path in enumerate(paths)]
    live.append(xcvm.start("--case", "triple_fault", liar_image))
    assert [one.finish().status for one in live] == [0] * count + [3]
    assert [xcvm.parse(path).figures("seed") for path in paths] == [[n] for n in range(count)]
