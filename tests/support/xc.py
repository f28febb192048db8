# SPDX-License-Identifier: ISC
"""Run tools/xc in a folder of its own, over a fake xcvm or the real one."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from xclib.process import processes, wait_gone

from .fake import Fake
from .runner import SECONDS, Live

BUILDERS = ("sweep", "campaign", "run", "shrink")  # commands that run xcvm
XC = Path(__file__).resolve().parents[2] / "tools" / "xc"


class Xc:
    """The tool; `fake` is what it runs unless a command says otherwise."""

    def __init__(self, folder):
        self.folder, self.fake = folder, Fake(folder)
        self.live = []

    def start(self, *arguments, stdout=subprocess.PIPE, file_size=None, **kwargs):
        if arguments[1] in BUILDERS and not {"--resume", "--xcvm"} & set(arguments):
            arguments = [*arguments[:2], "--build", "build", *arguments[2:]]
        limit = [] if file_size is None else ["prlimit", f"--fsize={file_size}"]
        live = Live([*limit, sys.executable, str(XC), *map(str, arguments)], stdout=stdout,
                    cwd=self.folder, **kwargs)
        self.live.append(live)
        return live

    def run(self, *arguments, seconds=SECONDS, **kwargs):
        """Run to the end: a Done."""
        return self.start(*arguments, **kwargs).finish(seconds)

    def patch(self, name, value):
        """A folder for PYTHONPATH in which a constant of xclib is another."""
        folder = self.folder / "patch"
        folder.mkdir()
        module, _, constant = name.rpartition(".")
        (folder / "sitecustomize.py").write_text(
            f"import sys\nsys.path.insert(0, {str(XC.parent)!r})\nimport xclib.{module}\n"
            f"xclib.{module}.{constant} = {value!r}\n")
        return folder

    def records(self, name="out.jsonl"):
        """All of a result file; each line of it is whole."""
        text = (self.folder / name).read_text()
        assert text.endswith("\n")
        return [json.loads(line) for line in text.splitlines()]

    def rows(self, name="out.jsonl"):
        return self.records(name)[1:]

    def runs(self, live):
        """The fake's processes: each leads a group of its own, so they are found by parent."""
        return [pid for pid, parent, _ in processes() if parent == live.pid]

    @staticmethod
    def gone(pids):
        """Have these ended, and been waited for?"""
        return not any(Path(f"/proc/{pid}").exists() for pid in pids)

    def clean(self):
        """Kill all that is left, here or started from here, and say whether there was anything."""
        left = [pid for live in self.live for pid in live.clean()]
        for pid, _, _ in processes():
            try:
                if Path(f"/proc/{pid}/cwd").readlink() == self.folder:
                    left.append(pid)
            except OSError:
                continue  # it ended meanwhile
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        wait_gone(left)
        return left
