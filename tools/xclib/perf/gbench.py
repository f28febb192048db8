# SPDX-License-Identifier: ISC
"""Google Benchmark's JSON: a phase is a benchmark, a repetition an entry."""

import json
import statistics

PERCENTS = (50, 90, 99, 99.9)


def gbench(results, only=()):
    """The text of the file; its times are the medians of the repetitions."""
    tsc = results.context["tsc_khz"]
    # Its reader knows units of time alone; without the TSC's frequency a cycle stands as 1 ns.
    scale = 1e6 / tsc if tsc else 1
    entries = []
    phases = [(one, phase) for one in results.chosen(only) for phase in one.phases]
    for family, (one, phase) in enumerate(phases):
        entries += _family(one, phase, family, scale)
    return json.dumps({"context": _context(results, "ns" if tsc else "cycles"),
                       "benchmarks": entries}, ensure_ascii=False, indent=1) + "\n"


def _context(results, unit):
    context = results.context
    host = context["host"]
    return {
        "date": context["date"], "host_name": host["module"], "executable": "xc perf",
        "num_cpus": host["cpus"], "mhz_per_cpu": (context["tsc_khz"] or 0) // 1000,
        "cpu_scaling_enabled": host["governor"] not in (None, "performance"), "caches": [],
        "load_avg": [context["load"]["before"], context["load"]["after"]],
        "library_build_type": "release", "xc_headline": results.headline, "xc_unit": unit,
        "xc_context": context}


def _family(one, phase, family, scale):
    name = f"{one.label}/{phase}".replace(" ", "_")
    each = one.each[phase]
    times = [histogram.at(50) * scale for histogram in each]
    common = {"name": name, "family_index": family, "per_family_instance_index": 0,
              "run_name": name, "repetitions": len(times), "threads": one.data["vcpus"],
              "time_unit": "ns"}
    for number, (histogram, time) in enumerate(zip(each, times)):
        yield {**common, "run_type": "iteration", "repetition_index": number,
               "iterations": histogram.count, "real_time": time, "cpu_time": time,
               **{f"p{percent:g}": histogram.at(percent) * scale for percent in PERCENTS},
               "min": histogram.min * scale, "max": histogram.max * scale}
    deviation = statistics.stdev(times) if len(times) > 1 else 0.0
    for what, value in (("mean", statistics.fmean(times)), ("median", statistics.median(times)),
                        ("stddev", deviation)):
        yield {**common, "name": f"{name}_{what}", "run_type": "aggregate",
               "aggregate_name": what, "aggregate_unit": "time", "iterations": len(times),
               "real_time": value, "cpu_time": value}
