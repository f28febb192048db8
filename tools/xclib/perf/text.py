# SPDX-License-Identifier: ISC
"""What a person reads of measurements: conditions, tables, a comparison."""

import re

from ..grid import grid
from ..progress import clock_text, counted
from ..run import shell
from .compare import BETTER, CONDITIONS, SAME, WORSE, differences
from .result import EMULATED

COLUMNS = ((50, "p50"), (90, "p90"), (99, "p99"), (99.9, "p99.9"))
SHORT_ID = 16
HIGH_LOAD = 0.5  # of the CPUs, before anything was measured
EACH_CPU = re.compile(r"\bcpu\d+\b")
OPERATIONS = "operations"
UNITS = ("cycles", "ns")


def known(value):
    return {None: "not known", True: "on", False: "off"}.get(value, value)


def conditions(results):
    """(name, text) of all that the figures depend on."""
    context = results.context
    host = context["host"]
    params = ", ".join(f"{name}={value}" for name, value in host["params"].items())
    yield "host", (f"{host['module']}{f' ({params})' if params else ''}, {host['cpu']}, "
                   f"{counted(host['cpus'], 'CPU')}, Linux {host['kernel']}")
    tsc = context["tsc_khz"]
    yield "", (f"governor {known(host['governor'])}, SMT {known(host['smt'])}, isolated CPUs "
               f"{context['isolated'] or 'none'}, TSC {f'{tsc} kHz' if tsc else 'not known'}")
    load, stolen = context["load"], context["stolen_s"]
    yield "", (f"load {load['before']:.2f} before, {load['after']:.2f} after; the host was itself "
               f"kept waiting {'for a time not known' if stolen is None else f'{stolen:.1f} s'}")
    yield "image", f"{context['image']}, build id {context['build_id'] or 'none'}"
    for one in context["implementations"]:
        yield "tests", f"{one['api']} of {one['path']}, sha256 {one['sha256'][:SHORT_ID]}"
    budget = context["budget_ms"]
    yield "run", (f"{context['date']}, {clock_text(context['seconds'])}, "
                  f"{counted(context['repetitions'], 'repetition')}, each a VM of its own; "
                  f"apic {context['apic']}, fence {known(context['fence'])}, pin {context['pin']}, "
                  f"budget {f'{budget} ms' if budget else 'of each case'}, seed {context['seed']}")
    if load["before"] > HIGH_LOAD * host["cpus"]:
        yield "note", ("the host was busy before the first measurement: high percentiles are the "
                       "host's as much as the code's")


def figure(value, scale=1):
    return f"{value * scale:,.0f}" if scale == 1 or value * scale >= 100 else f"{value * scale:.1f}"


def scale_of(results, unit):
    """What cycles are multiplied with; None where the unit is not known."""
    if unit == "cycles":
        return 1
    tsc = results.context["tsc_khz"]
    return 1e6 / tsc if tsc else None


def row_of(name, histogram, scale):
    return (name, f"{histogram.count:,}", figure(histogram.min, scale),
            *(figure(histogram.at(percent), scale) if histogram.tells(percent) else "-"
              for percent, _ in COLUMNS), figure(histogram.max, scale))


def heading(measurement):
    """What is said of a measurement beside its table."""
    kvm, user = measurement.exits()
    pin = measurement.data["pin"]
    yield measurement.data["doc"]
    exits = "exits per operation not known" if user is None else (
        f"exits per operation: {'not known' if kvm is None else f'{kvm:.2f}'}, "
        f"{user:.2f} of them to xcvm")
    yield (f"{counted(measurement.operations, 'operation')} in "
           f"{counted(len(measurement.repetitions), 'repetition')}; {exits}; "
           f"{'pinned to ' + ','.join(map(str, pin)) if pin else 'not pinned'}")
    for (name, unit), values in metrics(measurement).items():
        many = f"{min(values):,} to {max(values):,}"
        yield (f"{name}: {f'{values[0]:,}' if min(values) == max(values) else many}"
               f"{f' {unit}' if unit else ''}")


def metrics(measurement):
    """(name, unit): the values in all repetitions; those of each CPU together."""
    found = {}
    for each in measurement.repetitions:
        for one in each["metrics"]:
            if one["name"] != OPERATIONS:  # said of the sections
                name = EACH_CPU.sub("each CPU", one["name"])
                found.setdefault((name, one["unit"]), []).append(one["value"])
    return found


def table(measurement, unit, scale, pairs=False):
    """The lines of its table."""
    rows = []
    for phase in measurement.phases:
        rows.append(row_of(phase, measurement.merged(phase), scale))
        if pairs:
            rows += [row_of(f"  {pair_text(pair)}", measurement.merged(phase, pair), scale)
                     for pair in measurement.pairs(phase)]
    return grid((unit, "n", "min", *(name for _, name in COLUMNS), "max"), rows)


def pair_text(pair):
    cpu, target = pair
    return f"cpu {cpu}" if target is None else f"cpu {cpu} to {target}"


def report(results, only, unit, pairs=False):
    """The lines of a report."""
    scale = scale_of(results, unit)
    yield results.headline
    yield ""
    for name, text in conditions(results):
        yield f"{name:6} {text}"
    for measurement in results.chosen(only):
        yield ""
        yield measurement.label
        yield from (f"  {line}" for line in heading(measurement))
        yield from (f"  {line}" for line in table(measurement, unit, scale, pairs))
    yield from missing(results)


def missing(results):
    if results.missing:
        yield ""
        yield f"{counted(len(results.missing), 'measurement')} missing:"
    for one in results.missing:
        yield f"{one['case']}[{one['vcpus']}] {one['verdict']}: {one['reason']}"
        yield f"    {shell(one['command'])}"


# ---- a comparison -------------------------------------------------------------------------------

def _cell(one):
    return (f"{figure(one.first)}", f"{figure(one.second)}", f"{one.ratio:.3f}",
            f"{one.low:.3f} to {one.high:.3f}")


def comparison(first, second, found, forced, confidence, everything=False):
    """The lines of a Comparison of A with B."""
    figures = found.figures
    yield from dict.fromkeys(sorted((first.headline, second.headline),
                                    key=lambda line: not line.startswith(EMULATED)))
    yield ""
    for name, one in (("A", first), ("B", second)):
        context, load = one.context, one.context["load"]
        yield (f"{name}  {one.path}: {context['date']}, {context['host']['module']}, "
               f"{counted(context['repetitions'], 'repetition')}, "
               f"load {load['before']:.2f} to {load['after']:.2f}")
    for what, left, right in [*forced, *differences(first, second, CONDITIONS)]:
        yield f"other: {what}: {known(left)} in A, {known(right)} in B"
    for name, one, other in (("A", first, second), ("B", second, first)):
        alone = {each.key for each in one.measurements} - {each.key for each in other.measurements}
        if alone:
            yield f"only in {name}, not compared: {counted(len(alone), 'measurement')}"
    if found.paired:
        yield "measured in turn: compared repetition by repetition"
    if found.shift > 0:
        yield (f"host: what the code under test has no part in (the dry run, single emulated "
               f"instructions) differs by {found.shift * 100:.1f} %")
    for label, phase, times in found.lacking:
        yield (f"not compared: {label} {phase}: only {counted(times, 'repetition')} could tell it, "
               f"and {found.need} are needed")
    shown = [one for one in figures if everything or one.verdict != SAME]
    if shown:
        yield ""
        yield from grid(("measurement", "phase", "", "A", "B", "B/A", "interval", ""), [
            (one.measurement, one.phase, f"p{one.percent:g}", *_cell(one), one.verdict)
            for one in shown], left=3)
    count = {verdict: sum(one.verdict == verdict for one in figures)
             for verdict in (WORSE, BETTER, SAME)}
    yield ""
    said = ", ".join(f"{number} {verdict}" for verdict, number in count.items() if number)
    yield (f"{SAME if count[SAME] == len(figures) else said}: {counted(len(figures), 'figure')}, "
           f"in cycles; {confidence * 100:g} % confidence for all together, and "
           f"{figures[0].margin * 100:.3g} % either way is no difference")
