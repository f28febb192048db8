# SPDX-License-Identifier: ISC
"""One run with faults: what is run, and the row that a result file keeps of it."""

from dataclasses import dataclass

from ..errors import NoKvm
from ..report import event_problems
from ..run import GUARD_SECONDS, TIMEOUT_SECONDS, Run, case_command

# How a run ended, from harmless to worst.  The last four are never the guest's own affair.
OUTCOMES = ("pass", "skip", "differs", "fail", "crash", "hang", "unprovoked", "unexplained",
            "refused", "broken")
GOOD = ("pass", "skip", "differs")
FAIL_ON = ("unprovoked", "unexplained", "refused", "broken")
MEANING = {
    "unprovoked": "did not pass, though no fault was injected",
    "unexplained": "hung, and the diagnosis has no verdict",
    "refused": "xcvm would not run it",
    "broken": "xcvm itself misbehaved: killed, wrong exit code, report cut off, process left",
}


@dataclass(frozen=True)
class Trial:
    """All that decides how a run goes."""

    case: str
    vcpus: int
    apic: str
    faults: tuple
    params: tuple  # of (name, value)
    seed: int
    timeout: float = None  # None: the case's own
    limit: float = None  # the case's own, if it has one

    @property
    def kind(self):
        """The kinds of its faults, `lost+delay`."""
        return "+".join(dict.fromkeys(fault_kind(fault) for fault in self.faults))

    def start(self, xcvm, image, problems_of=event_problems):
        """The Run, under way."""
        command = case_command(xcvm, image, self.case, self.vcpus, self.seed, self.timeout,
                               self.params, self.apic, self.faults)
        guard = (self.timeout or self.limit or TIMEOUT_SECONDS) + GUARD_SECONDS
        return Run(command, self.case, self.vcpus, guard, problems_of)


def fault_kind(spec):
    """The kind in `kind=lost,nth=1`."""
    return next((value for key, _, value in
                 (part.partition("=") for part in spec.split(",")) if key == "kind"), "?")


def one_line(text):
    return " ".join(str(text).split())


def _entries(result):
    """What became of each entry of the plan, the case's own first; None when it was not told."""
    entries = result.end.get("faults")
    if not isinstance(entries, list):
        return None
    return [{name: entry.get(name) for name in ("spec", "kind", "eligible", "injected")}
            for entry in entries]


def _outcome(result, injected):
    """(outcome, reason)."""
    verdict = result.end.get("verdict")
    if result.status is not None and (result.refused == "usage" or verdict == "usage"):
        said = [line for line in result.stderr.splitlines() if line.strip()]
        return "refused", result.end.get("reason") or (said[0] if said else result.reason)
    if result.problems:
        return "broken", "; ".join(result.problems)
    if verdict in GOOD:
        return verdict, result.reason
    if verdict == "hang" and not result.end.get("diagnosis"):
        return "unexplained", result.reason or "no reason given"
    if not injected:
        return "unprovoked", f"{verdict}: {result.reason}"
    return verdict, result.reason


def judge(trial, result):
    """The row of a run; NoKvm when there can be none."""
    if result.refused == "nokvm" or result.end.get("verdict") == "nokvm":
        raise NoKvm(result.end.get("reason") or result.stderr.strip() or "no KVM")
    entries = _entries(result)
    injected = (len(result.report.of("fault")) if entries is None
                else sum(entry["injected"] or 0 for entry in entries))
    outcome, reason = _outcome(result, injected)
    return {
        "case": trial.case, "vcpus": trial.vcpus, "apic": trial.apic, "kind": trial.kind,
        "faults": list(trial.faults), "params": dict(trial.params), "seed": trial.seed,
        "outcome": outcome, "verdict": result.end.get("verdict"),
        "diagnosis": result.end.get("diagnosis"), "reason": one_line(reason),
        "injected": injected, "entries": entries, "status": result.status,
        "seconds": result.end.get("seconds"), "command": result.command,
    }
