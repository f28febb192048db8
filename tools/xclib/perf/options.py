# SPDX-License-Identifier: ISC
"""The options of xc perf."""

import os
import time

from ..chosen import add_place, add_run
from ..values import APICS, checked, parse_cpus, parse_positive, parse_words
from .compare import CONFIDENCE, MARGIN
from .draw import FORMATS as PICTURES
from .figures import KINDS
from .text import UNITS

# Enough to compare all measurements.
REPETITIONS, BASELINE_REPETITIONS = 11, 15
FORMATS = ("gbench", "hgrm", "trace")
PINS = ("auto", "off")


def parse_pin(text):
    return text if text in PINS else parse_cpus(text)


def parse_percent(text):
    """`5` or `5%`, as a fraction."""
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0 <= percent < 1000:
        raise ValueError(f"'{text}' is no percentage: give one such as 5")
    return percent / 100


def parse_confidence(text):
    found = parse_percent(text)
    if not 0.5 <= found < 1:
        raise ValueError(f"'{text}' is no confidence: give a percentage such as 95")
    return found


def add_measure(parser):
    """What is run, and how."""
    parser.add_argument("case", metavar="MEASUREMENT", nargs="*",
                        help="a case, or a pattern of cases (default: all measurements)")
    add_run(parser, "vCPU counts (default: 1, 2, 4, ... to the host's CPUs)")
    parser.add_argument("--apic", choices=APICS, default="kernel", help="default: kernel")
    parser.add_argument("--pin", type=checked(parse_pin), default="auto", metavar="LIST",
                        help="host CPUs of the vCPUs; auto: one each where there are enough; off "
                        "(default: auto)")
    parser.add_argument("--fence", choices=("on", "off"),
                        help="the fence before each interrupt command (default: on)")
    parser.add_argument("--budget", type=checked(parse_positive), metavar="MS",
                        help="milliseconds that each run measures (default: the case's own)")
    parser.add_argument("--repetitions", type=checked(parse_positive), metavar="N",
                        help="runs of each measurement, each a VM of its own (default: "
                        f"{REPETITIONS}, with --baseline {BASELINE_REPETITIONS})")
    parser.add_argument("-o", "--output", metavar="FILE",
                        help="the result file; gzipped if it ends with .gz")
    parser.add_argument("--baseline", metavar="DIR",
                        help="another build directory, measured in turn with this one")
    parser.add_argument("--baseline-output", metavar="FILE",
                        help="its result file (default: that of --output with -baseline)")
    add_place(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def add_only(parser):
    parser.add_argument("--only", metavar="GLOB", action="append",
                        help="only measurements of these cases; repeatable")


def add_report(parser):
    parser.add_argument("file", metavar="FILE")
    add_only(parser)
    parser.add_argument("--unit", choices=UNITS, default="cycles", help="default: cycles")
    parser.add_argument("--pairs", action="store_true", help="each pair of CPUs, too")


def add_compare(parser):
    parser.add_argument("first", metavar="A")
    parser.add_argument("second", metavar="B")
    add_only(parser)
    parser.add_argument("--margin", type=checked(parse_percent), metavar="PERCENT", default=MARGIN,
                        help=f"what is no difference yet (default: {MARGIN * 100:g})")
    parser.add_argument("--confidence", type=checked(parse_confidence), metavar="PERCENT",
                        default=CONFIDENCE,
                        help="of all verdicts together (default: "
                        f"{CONFIDENCE * 100:g})")
    parser.add_argument("--all", action="store_true", help="also the figures without a difference")
    parser.add_argument("--force", action="store_true",
                        help="compare across KVM modules, or emulated with real")


def add_export(parser):
    parser.add_argument("file", metavar="FILE",
                        help="a result file; for trace, the events of one run of xcvm")
    parser.add_argument("--format", choices=FORMATS, required=True)
    add_only(parser)
    parser.add_argument("--phase", metavar="PHASE", help="hgrm: this phase alone")
    parser.add_argument("-o", "--output", metavar="PATH",
                        help="default: standard output; hgrm of several phases: a folder")


def add_plot(parser):
    parser.add_argument("file", metavar="FILE")
    add_only(parser)
    parser.add_argument("--kind", type=checked(parse_words(KINDS)), metavar="LIST", default=KINDS,
                        help=f"out of {','.join(KINDS)} (default: all)")
    parser.add_argument("--format", type=checked(parse_words(PICTURES)), metavar="LIST",
                        default=PICTURES, help=f"out of {','.join(PICTURES)} (default: both)")
    parser.add_argument("-o", "--output", metavar="FOLDER",
                        help="default: FILE without its ending, and -plots")


def add_html(parser):
    parser.add_argument("file", metavar="FILE")
    add_only(parser)
    parser.add_argument("-o", "--output", metavar="PAGE",
                        help="default: FILE with the ending .html")


def default_output():
    return time.strftime("xc-perf-%Y%m%d-%H%M%S.json")


def baseline_output(output):
    """`a.json` as `a-baseline.json`."""
    folder, name = os.path.split(output)
    stem, dot, ending = name.partition(".")
    return os.path.join(folder, f"{stem}-baseline{dot}{ending}")


def powers(limit=None):
    """1, 2, 4, ... and the host's CPUs."""
    limit = limit or os.cpu_count() or 1
    found = [1]
    while found[-1] * 2 < limit:
        found.append(found[-1] * 2)
    return tuple(dict.fromkeys([*found, limit]))
