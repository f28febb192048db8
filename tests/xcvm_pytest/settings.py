# SPDX-License-Identifier: ISC
"""The plugin's options as one checked value, shared by everything that collects and runs cases."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import pytest

from xclib.table import default_counts
from xclib.values import checked, parse_apics, parse_counts, parse_param, parse_seconds, parse_seed

CASES_FILE = "cases.toml"
WORKER_SEED = "xcvm_seed"  # in the input of xdist's workers; as text, it has 64 bits


def add_options(parser):
    """Register the options; no abbreviations clash, all are in a group of their own."""
    group = parser.getgroup("xcvm", "cases of xcvm images")
    group.addoption("--vcpus", type=checked(parse_counts), metavar="LIST",
                    help="vCPU counts to run each case with (default: 1,2,4; 8 with 8 CPUs; and "
                         "what cases.toml adds)")
    group.addoption("--apic", type=checked(parse_apics), metavar="LIST",
                    help="who models the x2APIC, kernel,user for both (default: what a case needs, "
                         "and what cases.toml adds)")
    group.addoption("--build", metavar="DIR", default="build",
                    help="build directory with xcvm and the images (default: build)")
    group.addoption("--xcvm", metavar="PATH", help="the VMM (default: xcvm in the build directory)")
    group.addoption("--image", metavar="PATH", action="append", default=[],
                    help="collect this image instead of those in cases.toml; repeatable")
    group.addoption("--seed", type=checked(parse_seed), metavar="N",
                    help="seed of every run (default: drawn afresh, printed)")
    group.addoption("--xcvm-timeout", type=checked(parse_seconds), metavar="SECONDS",
                    help="time limit of each run (default: xcvm's own)")
    group.addoption("--param", type=checked(parse_param), metavar="NAME=VALUE", action="append",
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
    vcpus_given: bool
    apics: tuple  # empty: not given
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
        vcpus_given=option.vcpus is not None,
        apics=option.apic or (),
        seed=secrets.randbits(32) if given is None else given,
        timeout=option.xcvm_timeout,
        params=tuple(tuple(param) for param in option.param),
        contracts=frozenset(filter(None, (option.contract or "").upper().split(","))))


def settings(config):
    return config.stash[KEY]
