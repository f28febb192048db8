# SPDX-License-Identifier: ISC
"""One clear error for the whole session when this host has no usable KVM."""

import fnmatch
from pathlib import Path

import pytest

from xclib.run import EXIT_CODES, run_case

from .settings import settings

# What needs /dev/kvm, by the file a test is in: xdist's controller knows no more than node ids.
NEEDS_KVM = ("cases.toml", "*.elf", "test_kvm_*.py", "each_mutant.py")
PROBE_CASE = "smoke"  # in every image
ASKED = pytest.StashKey[bool]()


def needs_kvm(nodeid):
    name = Path(nodeid.partition("::")[0]).name
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in NEEDS_KVM)


def _probe_image(config):
    """An image to boot: the one to be tested, if it can be told."""
    given = [Path(arg.partition("::")[0]) for arg in config.args]
    candidates = [path for path in given if path.suffix == ".elf"]
    candidates += [*settings(config).images, settings(config).build / "xcguest.elf"]
    return next((path for path in candidates if path.is_file()), None)


def missing_kvm(config):
    """xcvm's own words when it cannot use KVM here; None when it can, or cannot be asked."""
    xcvm, image = settings(config).xcvm, _probe_image(config)
    if image is None or not xcvm.is_file():
        return None
    try:
        result = run_case(xcvm, image, PROBE_CASE, 1, settings(config).seed)
    except OSError:
        return None  # the cases will tell
    if result.status != EXIT_CODES["nokvm"]:
        return None
    return (result.end.get("reason") or result.stderr.strip()
            or "xcvm says that KVM cannot be used, without saying why")


def require_kvm(config, nodeids):
    """End the session, before any test runs, if one of them needs what this host does not have."""
    if config.option.collectonly or config.stash.get(ASKED, False):
        return
    if not any(needs_kvm(nodeid) for nodeid in nodeids):
        return
    config.stash[ASKED] = True
    text = missing_kvm(config)
    if text is not None:
        raise pytest.UsageError(
            f"{text}\nNo test was run. Those that need no KVM: pytest -m 'not kvm'")
