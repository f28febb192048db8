# SPDX-License-Identifier: ISC
"""make in a checkout wherever it lies: none of its path gets into an object."""

import re
import subprocess

import pytest

from support.dropin import FIXTURES
from xclib import checkout
from xclib.checkout import ROOT

pytestmark = pytest.mark.tool

OBJECTS = ("kern/subr_ipi.o", "arch/x86_64/vector.o", "impl.o")


@pytest.fixture
def build(tmp_path, xcvm_settings):
    """build(name, object, ...): (the objects, as a checkout of that name makes them)."""
    def make(name, *objects, **variables):
        root = tmp_path / name
        root.mkdir()
        for part in ("Makefile", "docs", "guest", "tests", "tools", "vmm"):
            (root / part).symlink_to(ROOT / part)
        paths = [f"build/guest-mp/{path}" for path in objects]
        done = checkout.make(root, f"CC={checkout.compiler(xcvm_settings.build)}", *paths,
                             *(f"{key}={value}" for key, value in variables.items()))
        assert done.returncode == 0, done.stdout + done.stderr
        return [root / path for path in paths]
    return make


def debug_paths(path):
    """What an object says of files and of the folder it was made in."""
    done = subprocess.run(["readelf", "--debug-dump=info,rawline", path], check=True,
                          capture_output=True, text=True)
    folders = re.findall(r"DW_AT_comp_dir .*: (\S+)$", done.stdout, re.MULTILINE)
    assert folders and set(folders) == {"."}
    return done.stdout.replace(str(path), "")  # readelf's own heading


@pytest.mark.parametrize("name", ["plain", "with a blank", "it's"])
def test_no_path_of_the_checkout(build, tmp_path, name):
    for path in build(name, *OBJECTS):
        said = debug_paths(path)
        assert str(tmp_path) not in said and "/proc/self" not in said


def test_a_neighbour_keeps_its_path(build, tmp_path):
    """A file in a folder whose name begins as the checkout's does."""
    source = tmp_path / "main-src" / "subr_xcall.c"
    source.parent.mkdir()
    source.write_bytes((ROOT / FIXTURES / "subr_xcall.c").read_bytes())
    path, = build("main", "foreign/xcall.o", XCALL_SRC=source)
    said = debug_paths(path)
    assert f": {source}\n" in said and ".-src" not in said
