# SPDX-License-Identifier: ISC
"""Values of a command line: every refusal says what is wrong and what would be right."""

import argparse
import os
import re

SEED_LIMIT = 2 ** 64
SECONDS_LIMIT = 10 ** 6
VCPUS_LIMIT = 4096
CPUS_LIMIT = 2 ** 16
APICS = ("kernel", "user")
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def checked(parse):
    """An argparse type whose refusals carry the sentence of the ValueError."""
    def convert(text):
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None
    return convert


def _number(text, what):
    try:
        return int(text, 0)
    except ValueError:
        raise ValueError(f"'{text}' is no number: {what}") from None


def parse_apics(text):
    """`kernel,user` as a tuple, each once."""
    found = dict.fromkeys(part.strip() for part in text.split(","))
    for apic in found:
        if apic not in APICS:
            raise ValueError(f"'{apic}' models no APIC: give {', '.join(APICS)} or both")
    return tuple(found)


def parse_positive(text):
    number = _number(text, "give one from 1 up")
    if number < 1:
        raise ValueError(f"'{text}' is too small: give a number from 1 up")
    return number


def parse_seed(text):
    seed = _number(text, "give a seed such as 1 or 0x2a")
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"'{text}' is out of range: a seed has 64 bits")
    return seed


def parse_seconds(text):
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < SECONDS_LIMIT:
        raise ValueError(f"'{text}' is no time limit: give seconds, more than 0")
    return int(seconds) if seconds == int(seconds) else seconds


def parse_duration(text):
    """`90`, `90s`, `30m`, `1h` in seconds."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smhd]?)", text.strip())
    seconds = float(found[1]) * UNITS[found[2]] if found else 0.0
    if not 0 < seconds < SECONDS_LIMIT:
        raise ValueError(f"'{text}' is no duration: give one such as 90s, 30m or 1h")
    return seconds


def parse_param(text):
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(f"'{text}' is no parameter: give NAME=VALUE")
    return name, _number(value, f"parameter {name} wants one")


def parse_param_values(text):
    """`name=1,2` as (name, (1, 2))."""
    name, _, values = text.partition("=")
    return name, tuple(parse_param(f"{name}={value}")[1] for value in values.split(","))


def parse_counts(text):
    """`1,2,4-6` as a sorted tuple of vCPU counts; ValueError names the bad part."""
    counts = set()
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not (low.isascii() and low.isdigit()
                and (not dash or (high.isascii() and high.isdigit()))):
            raise ValueError(f"'{part}' is no vCPU count: give a list such as 1,2,4 or 2-4")
        first, last = int(low), int(high if dash else low)
        if not 1 <= first <= last <= VCPUS_LIMIT:
            raise ValueError(f"'{part}' is out of range: counts go up, from 1 to {VCPUS_LIMIT}")
        counts.update(range(first, last + 1))
    return tuple(sorted(counts))


def parse_cpus(text):
    """`0,2,4-7` as a tuple, in that order."""
    cpus = []
    for part in text.split(","):
        found = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", part.strip())
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not first <= last < CPUS_LIMIT:
            raise ValueError(f"'{part}' is no host CPU: give a list such as 0,2,4-7")
        cpus += range(first, last + 1)
    return tuple(cpus)


def parse_words(known):
    """A parser of lists such as `a,b`, each word out of `known`, in that order and each once."""
    def parse(text):
        words = [word.strip() for word in text.split(",")]
        for word in words:
            if word not in known:
                raise ValueError(f"'{word}' is not known: give some of {','.join(known)}")
        return tuple(word for word in known if word in words)
    return parse


def short(path):
    """The path as seen from the current directory, if that is shorter; fit to be executed."""
    relative = os.path.relpath(path)
    if os.sep not in relative:
        relative = os.path.join(os.curdir, relative)
    return relative if len(relative) < len(str(path)) else str(path)
