# SPDX-License-Identifier: ISC
"""The kernel interface: headers that stand alone, and the names that other kernels' files use."""

import shlex
import subprocess

import pytest

from support.dropin import FIXTURES, ROOT, Workshop

pytestmark = pytest.mark.tool

HEADERS = sorted([f"sys/{path.name}" for path in (ROOT / "guest/include/sys").glob("*.h")]
                 + [f"xcvm/{path.name}" for path in (ROOT / "guest/include/xcvm").glob("*.h")]
                 + [f"machine/{path.name}" for path in
                    (ROOT / "guest/arch/x86_64/include/machine").glob("*.h")])


@pytest.fixture(scope="session")
def compile_guest(xcvm_settings):
    """compile_guest(source text): what the compiler says when it compiles it as a case."""
    flags = xcvm_settings.build / "guest-mp" / "flags"
    command = shlex.split(flags.read_text(encoding="utf-8").splitlines()[0])

    def run(text):
        done = subprocess.run([*command, "-fsyntax-only", "-x", "c", "-"], cwd=ROOT, input=text,
                              capture_output=True, text=True, check=False)
        return done.stderr if done.returncode else ""
    return run


@pytest.mark.parametrize("header", HEADERS)
def test_a_header_stands_alone(compile_guest, header):
    """As the first, as the only one, and twice."""
    assert compile_guest(f"#include <{header}>\n#include <{header}>\n") == ""


@pytest.mark.parametrize("step", [1, -1])
def test_any_order(compile_guest, step):
    """Of two headers, each is before the other in one of both orders."""
    assert compile_guest("".join(f"#include <{header}>\n" for header in HEADERS[::step])) == ""


@pytest.mark.parametrize("api, file", [("xcall", "names.c"), ("ipi", "names.c"),
                                       ("cpu_xcall", "names_openbsd.c")])
@pytest.mark.parametrize("kind", ["mp", "up"])
def test_names(tmp_path, xcvm_settings, api, file, kind):
    workshop = Workshop(tmp_path / "build", xcvm_settings.build)
    done = workshop.make(f"guest-{kind}/foreign/{api}.o", **{api: FIXTURES / file})
    assert done.returncode == 0, done.stderr
