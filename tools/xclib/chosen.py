# SPDX-License-Identifier: ISC
"""Options that say what is run, alike in every group of commands, and what they choose."""

import fnmatch
import os
import secrets

from .errors import OptionError, did_you_mean
from .place import defaults
from .values import checked, parse_counts, parse_param_values, parse_seconds, parse_seed


def add_run(parser, vcpus="vCPU counts, such as 1,2,4"):
    """What decides a run."""
    parser.add_argument("--vcpus", type=checked(parse_counts), metavar="LIST", help=vcpus)
    parser.add_argument("--param", type=checked(parse_param_values), metavar="NAME=V[,V...]",
                        action="append", help="a case parameter and its values; repeatable")
    parser.add_argument("--seed", type=checked(parse_seed), metavar="N",
                        help="default: drawn, and told")
    parser.add_argument("--timeout", type=checked(parse_seconds), metavar="SECONDS",
                        help="time limit of each run (default: xcvm's own)")


def add_place(parser):
    parser.add_argument("--build", metavar="DIR", help="build directory with xcvm and the image")
    parser.add_argument("--xcvm", metavar="PATH", help="the VMM")
    parser.add_argument("--image", metavar="PATH", help="the guest image")


def paths(options, header=None):
    """(xcvm, image): as given, else as in the header, else where they usually are."""
    xcvm, image = defaults(options.build)
    if header and options.build is None:
        xcvm, image = header["xcvm"], header["image"]
    return os.path.abspath(options.xcvm or xcvm), os.path.abspath(options.image or image)


def seed_of(options):
    return secrets.randbits(32) if options.seed is None else options.seed


def choose(cases, patterns, image):
    """The cases that match a pattern; benchmarks only by a pattern other than `*`."""
    chosen = {}
    for pattern in patterns:
        found = [case for case in cases if fnmatch.fnmatchcase(case.name, pattern)
                 and (case.kind != "bench" or pattern != "*")]
        if not found:
            raise OptionError(f"{pattern}: {image} has no such case"
                              f"{did_you_mean(pattern, [case.name for case in cases])}")
        chosen.update((case.name, case) for case in found)
    return tuple(chosen.values())


def check_params(params, cases):
    """Refuse a parameter that no chosen case has."""
    known = {name for case in cases for name in case.params}
    for name, _ in params:
        if name not in known:
            raise OptionError(f"--param {name}: no chosen case has this parameter; they have: "
                              f"{', '.join(sorted(known)) or 'none'}")
