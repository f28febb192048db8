# SPDX-License-Identifier: ISC
"""The options of xc fault, and what they choose."""

import itertools
import os

from ..chosen import add_place, add_run
from ..errors import OptionError, did_you_mean
from ..symbols import functions
from ..values import checked, parse_duration, parse_positive, parse_words
from . import places
from .draw import APICS, CARRIERS, FUNCTIONS, KINDS
from .trial import FAIL_ON, GOOD, OUTCOMES

RUNS_A_PLACE = 3
BAD = tuple(outcome for outcome in OUTCOMES if outcome not in GOOD)


def _extra(text):
    """`key=value,...` for --fault, without what the sweep itself says."""
    for part in text.split(","):
        key, equals, value = part.partition("=")
        if not (key and equals and value):
            raise ValueError(f"'{part}' is no attribute: give KEY=VALUE, such as vector=xcall")
        if key in ("kind", "nth"):
            raise ValueError(f"'{part}': a sweep says {key} itself"
                             f"{': see --kind' if key == 'kind' else ''}")
    return text


def parse_fail_on(text):
    if text in ("none", "all"):
        return BAD if text == "all" else ()
    return parse_words(BAD)(text)


def _functions(text):
    return tuple(sorted(set(filter(None, text.split(",")))))


def add_choice(parser):
    """What a campaign and a sweep choose alike; fixed once begun."""
    add_run(parser)


def add_running(parser):
    """How it is run; free to change when it is resumed."""
    parser.add_argument("-j", "--jobs", type=checked(parse_positive), metavar="N",
                        default=os.cpu_count() or 1, help="runs at a time (default: %(default)s)")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-o", "--output", metavar="FILE", help="the result file")
    where.add_argument("--resume", metavar="FILE", help="go on where this result file stops")
    add_place(parser)
    add_fail_on(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress")


def add_fail_on(parser):
    parser.add_argument("--fail-on", type=checked(parse_fail_on), metavar="LIST", default=FAIL_ON,
                        help=f"outcomes that end with code 1, out of {','.join(BAD)}; or all, "
                        f"none (default: {','.join(FAIL_ON)})")


SWEEP_CHOICE = ("case", "kind", "at", "file", "fault", "apic", "limit", "vcpus", "param", "seed",
                "timeout")
CAMPAIGN_CHOICE = ("cases", "kinds", "apic", "functions", "vcpus", "param", "seed", "timeout")


def add_sweep(parser):
    parser.add_argument("case", metavar="CASE", nargs="*", help="a case, or a pattern of cases")
    parser.add_argument("--kind", type=checked(parse_words(KINDS)), metavar="LIST",
                        help=f"kinds of fault, out of {','.join(KINDS)}")
    parser.add_argument("--at", choices=places.WAYS,
                        help="preempt at each place of the files in turn")
    parser.add_argument("--file", metavar="FILE", action="append",
                        help="a source file of the image, for --at; repeatable (default: those "
                        "that implement the API of the case)")
    parser.add_argument("--fault", type=checked(_extra), metavar="KEY=VALUE[,...]", action="append",
                        help="more of the fault, as xcvm --fault takes it; repeatable")
    parser.add_argument("--apic", choices=APICS,
                        help="default: user where the kind needs it, else kernel")
    parser.add_argument("--limit", type=checked(parse_positive), metavar="N",
                        help="no further than the Nth eligible event; with --at, so many runs a "
                        f"place (default: {RUNS_A_PLACE})")
    add_choice(parser)
    add_running(parser)


def add_campaign(parser):
    parser.add_argument("--cases", metavar="GLOB", action="append",
                        help="cases to draw from; repeatable (default: all but benchmarks)")
    parser.add_argument("--kinds", type=checked(parse_words(KINDS)), metavar="LIST",
                        help=f"kinds of fault to draw from (default: {','.join(KINDS)})")
    parser.add_argument("--apic", type=checked(parse_words(APICS)), metavar="LIST",
                        help="APICs to draw from (default: kernel,user)")
    parser.add_argument("--functions", type=checked(_functions), metavar="LIST",
                        help="guest functions for preempt (default: those of the stacks)")
    parser.add_argument("--time", type=checked(parse_duration), metavar="TIME",
                        help="start no run after this long, such as 90s, 30m, 1h")
    parser.add_argument("--count", type=checked(parse_positive), metavar="N",
                        help="so many runs in all")
    add_choice(parser)
    add_running(parser)


def check_resume(options, choice):
    """Nothing that decides what is run can be given again."""
    for name in choice:
        if getattr(options, name) not in (None, []):
            raise OptionError(f"{name if name == 'case' else '--' + name}: decided when "
                              f"{options.resume} was begun: leave it out")


def functions_for_preempt(options, image):
    """What preempt is drawn for: functions of the image, if nobody says which, such as every
    KVM can take a vCPU away at (one that breakpoints do not stop wants a push there)."""
    known = functions(image)
    if options.functions is None:
        wanted = CARRIERS + tuple(itertools.chain(*FUNCTIONS.values()))
        return tuple(name for name, push in known.items()
                     if push and name.startswith(wanted) and name.isidentifier())
    for name in options.functions:
        if name not in known:
            raise OptionError(f"--functions {name}: {image} has no such function"
                              f"{did_you_mean(name, known)}")
    return options.functions
