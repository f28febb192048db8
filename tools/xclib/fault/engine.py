# SPDX-License-Identifier: ISC
"""Run what a source gives, several at once, and keep every row at once."""

import time

from ..pool import Pool
from ..progress import clock_text, counted
from .trial import GOOD, judge

WAKE_SECONDS = 0.5  # for the clock in the progress line


class Engine:
    """One campaign or sweep, under way."""

    def __init__(self, source, store, xcvm, image, fail_on, spent=0.0):
        self.source, self.store = source, store
        self.xcvm, self.image, self.fail_on = xcvm, image, fail_on
        self.before, self.began = spent, time.monotonic()
        self.trials = {}

    def spent(self):
        """Seconds that the campaign has run, those before it was resumed included."""
        return self.before + time.monotonic() - self.began

    def status(self):
        """The progress line."""
        rows = self.store.rows
        bad = sum(row["outcome"] in self.fail_on for row in rows)
        found = sum(row["outcome"] not in GOOD for row in rows) - bad
        goal = getattr(self.source, "seconds", None)
        count = getattr(self.source, "count", None)
        text = (f"{clock_text(self.spent())}{f' of {clock_text(goal)}' if goal else ''}  "
                f"{f'{len(rows)} of ' if count else ''}{counted(count or len(rows), 'run')}, "
                f"{counted(bad, 'failure')}, {counted(found, 'finding')}")
        running = [f"{trial.case}[{trial.vcpus}] {trial.kind}" for trial in self.trials.values()]
        return f"{text}{'  | ' if running else ''}{', '.join(running)}"

    def _fill(self, pool):
        while pool.free > 0:
            chosen = self.source.next()
            if chosen is None:
                return
            key, trial = chosen
            self.trials[key] = trial
            pool.add(key, trial.start(self.xcvm, self.image))

    def _take(self, pool, key, result, progress):
        row = judge(self.trials.pop(key), result)
        rows, useless = self.source.take(key, row)
        for row in rows:
            self.store.add({**row, "at": round(self.spent(), 3)})
            if row["outcome"] not in GOOD:
                progress.tell(f"{row['outcome']}: {row['case']}[{row['vcpus']}] "
                              f"{' '.join(row['faults'])}: {row['reason']}")
        useless = [key for key in useless if key in pool.running]
        pool.drop(useless)
        for key in useless:
            del self.trials[key]

    def run(self, jobs, signals, progress):
        """Go on until the source has no more, or a signal comes; nothing runs afterwards."""
        with Pool(jobs, signals) as pool:
            while not signals.stop:
                self._fill(pool)
                if not pool.running:
                    return
                progress.tick()
                for key, result in pool.wait(WAKE_SECONDS):
                    if key in self.trials:  # not dropped meanwhile
                        self._take(pool, key, result, progress)
            self.trials.clear()
            pool.end_all()
