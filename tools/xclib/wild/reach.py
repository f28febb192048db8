# SPDX-License-Identifier: ISC
"""Which cases reach a line of the guest's source, found out by one run of each."""

import bisect
import re
import subprocess
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from ..run import Stopped, run_case

TEXT, GRANULE = 0x200000, 16  # as in tests/fixtures/reach.c
CALL = "<__sanitizer_cov_trace_pc>"
_WORD = re.compile(r"^reach ([0-9a-f]+):([0-9a-f]+)$", re.MULTILINE)


def _sites(image):
    """[(granule, file, line)] of each place that is told of."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", image], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.splitlines()
    returns = [int(after.split(":")[0], 16) for line, after in zip(text, text[1:])
               if CALL in line and "call" in line and ":" in after]
    names = subprocess.run(["addr2line", "-e", image, *(hex(at - 1) for at in returns)],
                           check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    for at, name in zip(returns, names):
        file, _, line = name.partition(" ")[0].rpartition(":")
        if line.isdecimal():
            yield (at - TEXT) // GRANULE, file.removeprefix("./"), int(line)


def _granules(result):
    """What a run told; None: it did not come to tell."""
    text = "".join(event["text"] for event in result.report.of("console"))
    words = _WORD.findall(text)
    if not words:
        return None
    return {int(word, 16) * 64 + bit for word, bits in words
            for bit in range(64) if int(bits, 16) >> bit & 1}


class Reach:
    """By case, what it reaches and how long it takes."""

    def __init__(self, image, granules, seconds):
        self.granules, self.seconds = granules, seconds
        self.lines = defaultdict(lambda: defaultdict(set))  # file, line: granules
        for granule, file, line in _sites(image):
            self.lines[file][line].add(granule)

    def order(self, file, line, first, last, sure=False):
        """The cases: those that reach the line, those that reach its function, or, unless only
        those are wanted that do for `sure`, may.

        The function is on lines [first, last].  The quickest cases come first.
        """
        told = self.lines.get(file, {})
        within = sorted(number for number in told if first <= number <= last)
        near = within[max(0, bisect.bisect_right(within, line) - 1)] if within else None
        here = told[near] if near else set()
        around = set().union(*(told[number] for number in within))
        ranks = {}
        for case, reached in self.granules.items():
            if reached is None or not within:
                if not sure:
                    ranks[case] = 2
            elif reached & here:
                ranks[case] = 0
            elif reached & around:
                ranks[case] = 1
        return sorted(ranks, key=lambda case: (ranks[case], self.seconds[case]))


def find(xcvm, image, cases, vcpus, jobs, told, stopped):
    """Run each case once on the image that tells.  Raises Stopped."""
    def run(case):
        if stopped():
            raise Stopped
        result = run_case(xcvm, image, case.name, max(vcpus, case.min_vcpus), 1,
                          stopped=stopped)
        told(case.name)
        return case.name, _granules(result), result.end.get("seconds", 30.0)

    with ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(run, cases))
    return Reach(image, {name: granules for name, granules, _ in rows},
                 {name: seconds for name, _, seconds in rows})
