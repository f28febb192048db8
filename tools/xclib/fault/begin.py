# SPDX-License-Identifier: ISC
"""What a sweep or a campaign is made of, as the header of its result file keeps it."""

import itertools

from ..chosen import check_params, choose, seed_of
from ..errors import OptionError
from ..table import default_counts, list_cases
from . import options as opt
from . import places
from .draw import APICS, DELIVERY_KINDS, KINDS, RESEND, Space, apics_of, counts_of
from .source import Walk


# What a fault at a place has if --fault does not say: long enough for the other CPUs to do
# something, and not so often that a case takes for ever.
AT_PLACE = {"for_us": 2000, "probability": 25, "times": 20}
WHICH = ("probability", "interval", "times", "space")


def _files(case, options):
    """The source files in which a case is struck."""
    if options.file:
        return options.file
    if not case.implementation:
        raise OptionError(f"{case.name}: is of no API that a file of the image implements: say "
                          "--file, such as --file guest/kern/kern_mutex.c")
    return case.implementation["path"].split()


def _places_of(cases, options, image):
    """{case: the places at which it is struck}"""
    if options.kind != ("preempt",):
        raise OptionError(f"--at {options.at}: is for --kind preempt, which takes a vCPU away at a "
                          "place: leave it out, or the other kinds")
    everywhere = places.every_place(image)
    by_file = {}
    for case in cases:
        for file in _files(case, options):
            if file not in by_file:
                by_file[file] = places.places_of(everywhere, options.at, file)
    found = {case.name: [place for file in _files(case, options) for place in by_file[file]]
             for case in cases}
    if not any(found.values()):
        raise OptionError(f"--at {options.at}: there is none in {', '.join(by_file)}: say --at "
                          f"{places.LINES}")
    return found


def extra_at_place(text=""):
    """What is said of the fault beside kind and place, from what --fault says of it."""
    given = [part.partition("=")[0] for part in text.split(",")]
    drawn = any(name in WHICH for name in given)
    return text + "".join(f",{name}={value}" for name, value in AT_PLACE.items()
                          if name not in given and not (drawn and name in WHICH))


def begin_sweep(options, xcvm, image):
    """The header of a sweep's result file."""
    if not options.case or not options.kind:
        raise OptionError("a sweep wants a CASE and --kind, or --resume FILE")
    for kind in options.kind:
        if options.apic == "kernel" and kind in DELIVERY_KINDS:
            raise OptionError(f"--kind {kind}: KVM's APIC lets nobody in between: "
                              "say --apic user")
    cases = choose(list_cases(xcvm, image), options.case, image)
    params = options.param or []
    check_params(params, cases)
    if options.file and not options.at:
        raise OptionError(f"--file {options.file[0]}: is for --at: add --at {places.ACCESSES}")
    struck = _places_of(cases, options, image) if options.at else {}
    walks = [{"case": case.name, "vcpus": vcpus, "kind": kind, "limit": case.limit,
              "apic": options.apic or ("user" if kind in DELIVERY_KINDS else "kernel"),
              "params": values,
              **({"place": place.name, "where": place.label} if place else {})}
             for case in cases for vcpus in case.counts(options.vcpus or (2,))
             for kind in options.kind
             for place in struck.get(case.name, (None,))
             for values in itertools.product(*([[name, value] for value in values]
                                               for name, values in params if name in case.params))]
    if not walks:
        raise OptionError("--vcpus: no chosen case runs with that many")
    extra = "".join(f",{text}" for text in options.fault or [])
    return {"seed": seed_of(options), "timeout": options.timeout,
            "extra": extra_at_place(extra) if options.at else extra,
            "last": options.limit or (opt.RUNS_A_PLACE if options.at else None),
            "at": options.at, "walks": walks}


def walks_of(header):
    return [Walk(walk["case"], walk["vcpus"], walk["apic"], walk["kind"], header["extra"],
                 tuple((name, value) for name, value in walk["params"]), header["seed"],
                 header["timeout"], walk["limit"], header["last"], walk.get("place"),
                 walk.get("where")) for walk in header["walks"]]


def begin_campaign(options, xcvm, image):
    """The header of a campaign's result file."""
    if options.time is None and options.count is None:
        raise OptionError("a campaign wants --time or --count, or --resume FILE")
    kinds, apics = options.kinds or KINDS, options.apic or APICS
    lost = [kind for kind in kinds if not apics_of((kind,), apics)]
    if lost and (options.kinds or lost == list(kinds)):
        raise OptionError(f"--kinds {','.join(lost)}: KVM's APIC lets nobody in between: "
                          "say --apic user")
    cases = choose(list_cases(xcvm, image), options.cases or ["*"], image)
    params = options.param or []
    check_params(params, cases)
    if all(name != RESEND[0] for name, _ in params):
        params = [*params, RESEND]
    header = {"seed": seed_of(options), "timeout": options.timeout,
              "vcpus": list(options.vcpus or default_counts()),
              "kinds": [kind for kind in kinds if kind not in lost], "apics": list(apics),
              "functions": list(opt.functions_for_preempt(options, image)
                                if "preempt" in kinds else ()),
              "params": params, "count": options.count, "time": options.time}
    space = space_of({**header, "cases": [case.name for case in cases]}, cases)
    header["cases"] = [case.name for case in cases if counts_of(space, case)]
    if not header["cases"]:
        raise OptionError("no case is left: none runs with these --vcpus and --kinds")
    return header


def space_of(header, cases):
    names = set(header["cases"])
    return Space(header["seed"], tuple(case for case in cases if case.name in names),
                 tuple(header["vcpus"]), tuple(header["kinds"]), tuple(header["apics"]),
                 tuple(header["functions"]),
                 tuple((name, tuple(values)) for name, values in header["params"]),
                 header["timeout"])
