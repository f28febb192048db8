# SPDX-License-Identifier: ISC
"""The plugin's options as one checked value, shared by everything that collects and runs cases."""

import argparse
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest

from .table import default_counts, parse_counts

SEED_LIMIT = 2 ** 64
WORKER_SEED = "xcvm_seed"  # in the input of xdist's workers; as text, it has 64 bits


def _checked(parse):
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
    if not 0 < seconds < 1e6:
        raise ValueError(f"'{text}' is no time limit: give seconds, more than 0")
    return int(seconds) if seconds == int(seconds) else seconds


def parse_param(text):
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ValueError(f"'{text}' is no parameter: give NAME=VALUE")
    return name, _number(value, f"parameter {name} wants one")


def add_options(parser):
    """Register the options; no abbreviations clash, all are in a group of their own."""
    group = parser.getgroup("xcvm", "cases of xcvm images")
    group.addoption("--vcpus", type=_checked(parse_counts), metavar="LIST",
                    help="vCPU counts to run each case with (default: 1,2,4; and 8 with 8 CPUs)")
    group.addoption("--build", metavar="DIR", default="build",
                    help="build directory with xcvm and the images (default: build)")
    group.addoption("--xcvm", metavar="PATH", help="the VMM (default: xcvm in the build directory)")
    group.addoption("--image", metavar="PATH", action="append", default=[],
                    help="collect this image instead of those in cases.toml; repeatable")
    group.addoption("--seed", type=_checked(parse_seed), metavar="N",
                    help="seed of every run (default: drawn afresh, printed)")
    group.addoption("--xcvm-timeout", type=_checked(parse_seconds), metavar="SECONDS",
                    help="time limit of each run (default: xcvm's own)")
    group.addoption("--param", type=_checked(parse_param), metavar="NAME=VALUE", action="append",
                    default=[], help="a case parameter, for the cases that have it; repeatable")
    group.addoption("--contract", metavar="LIST",
                    help="only the cases of these contract ids, such as O9,O10")


@dataclass(frozen=True)
class Settings:
    """What the command line said, with every default filled in."""

    root: Path
    build: Path
    xcvm: Path
    images: tuple
    vcpus: tuple
    seed: int
    timeout: float
    params: tuple
    contracts: frozenset


KEY = pytest.StashKey[Settings]()


def _path(config, text):
    """A path of the command line: relative to where pytest was started."""
    return Path(os.path.abspath(config.invocation_params.dir / text))


def configure(config):
    """Fill config's stash; a worker of xdist gets its seed from the controller."""
    option = config.option
    workerinput = getattr(config, "workerinput", {})
    given = int(workerinput[WORKER_SEED]) if WORKER_SEED in workerinput else option.seed
    build = config.rootpath / option.build
    config.stash[KEY] = Settings(
        root=config.rootpath,
        build=build,
        xcvm=_path(config, option.xcvm) if option.xcvm else build / "xcvm",
        images=tuple(_path(config, image) for image in option.image),
        vcpus=option.vcpus or default_counts(),
        seed=secrets.randbits(32) if given is None else given,
        timeout=option.xcvm_timeout,
        params=tuple(tuple(param) for param in option.param),
        contracts=frozenset(filter(None, (option.contract or "").upper().split(","))))


def settings(config):
    return config.stash[KEY]


def short(path):
    """The path as seen from the current directory, if that is shorter; fit to be executed."""
    relative = os.path.relpath(path)
    if os.sep not in relative:
        relative = os.path.join(os.curdir, relative)
    return relative if len(relative) < len(str(path)) else str(path)
