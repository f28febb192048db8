# SPDX-License-Identifier: ISC
"""Make mistakes, several at once, each in a tree of its own, and keep every row at once."""

import fnmatch
import queue
import shutil
import tempfile
import threading
import time
from pathlib import Path

from ..progress import clock_text, counted
from ..run import Stopped
from ..table import list_cases
from . import reach
from .build import IMAGES, ROOT, Tree
from .rules import mistakes
from .tokens import Source
from .trial import KILLED, LUCKY, SURVIVED, Suite, judge

WAKE_SECONDS = 0.5
COUNTED = (KILLED, LUCKY, SURVIVED)  # what changes code


def files_of(patterns):
    """The guest's own C files that match, as paths from the checkout's root."""
    return sorted({path.relative_to(ROOT).as_posix() for pattern in patterns
                   for path in ROOT.glob(pattern) if path.suffix == ".c"})


def all_mistakes(files):
    """(every mistake that the rules can make, {(file, function): its first and last line})"""
    found, spans = [], {}
    for file in files:
        source = Source((ROOT / file).read_text(encoding="utf-8"))
        for name, first, last in source.functions:
            spans[file, name] = (source.line(source.tokens[first].start),
                                 source.line(source.tokens[last].start))
        found += mistakes(file, source)
    return found, spans


class Engine:
    """One run of the generator."""

    def __init__(self, store, xcvm, waiting, spans, count):
        self.store, self.header, self.xcvm = store, store.header, xcvm
        self.waiting, self.spans, self.count = waiting, spans, count
        self.done = self.resumed = sum(row["outcome"] in COUNTED for row in store.rows)
        self.began, self.note = time.monotonic(), "starting"
        self.running, self.lock = {}, threading.Lock()

    def status(self):
        rows = self.store.rows
        done, spent = self.done, time.monotonic() - self.began
        if not rows:
            return self.note
        killed = sum(row["outcome"] == KILLED for row in rows)
        new = done - self.resumed
        left = f", about {clock_text(spent / new * (self.count - done))} left" if new else ""
        return (f"{done} of {counted(self.count, 'mistake')}, {killed} killed{left}  | "
                f"{', '.join(list(self.running.values()))}")

    def _suites(self, folder, jobs, signals):
        """What the cases of each image reach: one run of each."""
        suites = []
        tree = Tree(folder, Path(self.header["build"]))
        if self.header["reach"]:
            tree.make_reach()
        for number, (name, _) in enumerate(IMAGES):
            image = tree.image(number)
            cases = [case for case in list_cases(self.xcvm, image) if case.kind != "bench"
                     and any(fnmatch.fnmatchcase(case.name, glob)
                             for glob in self.header["cases"])]
            vcpus = self.header["vcpus"] if number == 0 else 1
            done = []

            def told(case):
                done.append(case)
                self.note = f"what {name} reaches: {len(done)} of {counted(len(cases), 'case')}"

            found = reach.find(self.xcvm, image, cases, vcpus, jobs, told, lambda: signals.stop)
            suites.append(Suite(self.xcvm, cases, found, vcpus, self.header["seed"],
                                self.header.get("all", False)))
        return suites

    def _work(self, folder, suites, signals, ended):
        try:
            tree = Tree(folder, Path(self.header["build"]))
            while not signals.stop:
                with self.lock:
                    if self.done + len(self.running) >= self.count or not self.waiting:
                        break
                    number, mistake = self.waiting.pop(0)
                    self.running[number] = f"{mistake.file.rpartition('/')[2]}:{mistake.line}"
                span = self.spans[mistake.file, mistake.function]
                row = judge(tree, mistake, span, suites, lambda: signals.stop)
                ended.put({"n": number, **row})
                with self.lock:
                    del self.running[number]
                    self.done += row["outcome"] in COUNTED
        except Stopped:
            pass
        except BaseException as error:  # told by who waits
            ended.put(error)
        ended.put(None)

    def run(self, jobs, signals, progress):
        """Go on until there are enough, or a signal comes; nothing runs afterwards."""
        with tempfile.TemporaryDirectory(prefix="xc-wild-") as folder:
            first = Path(folder, "reach")
            first.mkdir()
            looked = {}
            look = threading.Thread(target=lambda: looked.update(self._try(
                self._suites, first, jobs, signals)))
            look.start()
            while look.is_alive():
                progress.tick()
                look.join(WAKE_SECONDS)
            if signals.stop:
                return
            if "error" in looked:
                raise looked["error"]
            shutil.rmtree(first)
            ended, alive = queue.Queue(), jobs
            for number in range(jobs):
                own = Path(folder, str(number))
                own.mkdir()
                threading.Thread(target=self._work,
                                 args=(own, looked["value"], signals, ended)).start()
            while alive:
                progress.tick()
                try:
                    row = ended.get(timeout=WAKE_SECONDS)
                except queue.Empty:
                    continue
                if row is None:
                    alive -= 1
                elif isinstance(row, BaseException):
                    raise row
                else:
                    with self.lock:
                        self.store.add({**row, "at": round(time.monotonic() - self.began, 1)})
                    if row["outcome"] in (SURVIVED, LUCKY):
                        progress.tell(f"{row['outcome']}: {row['file']}:{row['line']} "
                                      f"{row['rule']}: {row['change']}")

    @staticmethod
    def _try(function, *arguments):
        try:
            return {"value": function(*arguments)}
        except BaseException as error:
            return {"error": error}
