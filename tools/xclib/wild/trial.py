# SPDX-License-Identifier: ISC
"""What becomes of one mistake: it is built, and the suite is run until a case sees it."""

import time

from ..run import TIMEOUT_SECONDS, run_case

RED = ("fail", "crash", "hang")
AGAIN = 2  # more runs of the case that saw it: a mistake is seen in 3 of 3, or by luck
# A case may take so many times as long over a mistake, and this at least, before it hangs.
SLOWER, LEAST_SECONDS = 20, 5

NOT_BUILT, SAME, KILLED, LUCKY, SURVIVED = "not-built", "same-code", "killed", "lucky", "survived"


class Suite:
    """The cases of an image, and what is known of them."""

    def __init__(self, xcvm, cases, reach, vcpus, seed, all_cases):
        self.xcvm, self.reach, self.vcpus, self.seed = xcvm, reach, vcpus, seed
        self.all_cases = all_cases
        self.cases = {case.name: case for case in cases}

    def _run(self, image, name, seed, stopped):
        case, usual = self.cases[name], self.reach.seconds[name]
        limit = min(TIMEOUT_SECONDS, max(LEAST_SECONDS, usual * SLOWER))
        result = run_case(self.xcvm, image, name, max(self.vcpus, case.min_vcpus), seed,
                          limit if case.limit is None else None, stopped=stopped)
        return result.verdict, result.reason

    def look_at_all(self, image, order, stopped):
        """(killers, runs): all cases that see a mistake, by one run of each."""
        seen = []
        for name in order:
            verdict, reason = self._run(image, name, self.seed, stopped)
            if verdict in RED:
                seen.append({"case": name, "verdict": verdict, "reason": reason[:200],
                             "often": 1})
        return seen, len(order)

    def look(self, image, order, stopped):
        """(killers, runs): the first case that sees a mistake in 3 of 3 runs, or all that did
        in fewer, with how often."""
        seen, runs = [], 0
        for name in order:
            runs += 1
            verdict, reason = self._run(image, name, self.seed, stopped)
            if verdict not in RED:
                continue
            often = 1 + sum(self._run(image, name, self.seed + again, stopped)[0] in RED
                            for again in range(1, AGAIN + 1))
            seen.append({"case": name, "verdict": verdict, "reason": reason[:200],
                         "often": often})
            if often == 1 + AGAIN:
                return [seen[-1]], runs
        return seen, runs


def judge(tree, mistake, span, suites, stopped):
    """The row of a mistake; `span` are the lines of its function.  Raises Stopped."""
    began = time.monotonic()
    row = {"file": mistake.file, "line": mistake.line, "function": mistake.function,
           "rule": mistake.rule, "change": mistake.change[:300], "killers": [], "runs": 0}
    with tree.mistake(mistake) as changed:
        if changed is None:
            return {**row, "outcome": NOT_BUILT}
        if not changed:
            return {**row, "outcome": SAME}
        row["built"] = round(time.monotonic() - began, 2)
        for number in changed:
            suite = suites[number]
            order = suite.reach.order(mistake.file, mistake.line, *span, suite.all_cases)
            look = suite.look_at_all if suite.all_cases else suite.look
            killers, runs = look(tree.image(number), order, stopped)
            row["runs"] += runs
            row["killers"] += killers
            if suite.all_cases:
                continue
            if any(killer["often"] == 1 + AGAIN for killer in killers):
                break
    row["seconds"] = round(time.monotonic() - began, 2)
    if suites[0].all_cases:
        return {**row, "outcome": KILLED if row["killers"] else SURVIVED}
    best = max((killer["often"] for killer in row["killers"]), default=0)
    return {**row, "outcome": KILLED if best == 1 + AGAIN else LUCKY if best else SURVIVED}
