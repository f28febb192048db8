# SPDX-License-Identifier: ISC
"""Fixtures that tests of several subjects share."""

from pathlib import Path

import pytest

from support import liar
from support.dropin import Workshop
from support.elf import Elf
from support.fake import Fake
from support.runner import Xcvm
from support.xc import Xc
from xclib.table import foreign, list_cases

TESTS = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def xcvm_path(xcvm_settings):
    path = xcvm_settings.xcvm
    if not path.exists():
        pytest.fail(f"no VMM at {path}: run `make` first, or say where it is with --xcvm",
                    pytrace=False)
    return path


@pytest.fixture
def xcvm(xcvm_path, tmp_path):
    """The VMM; a test that leaves a process of it behind fails."""
    vmm = Xcvm(xcvm_path, tmp_path)
    yield vmm
    left = vmm.clean()
    assert left == [], "the test left processes behind"


@pytest.fixture
def xc(tmp_path):
    """tools/xc over a fake xcvm; a test that leaves a process behind fails."""
    tool = Xc(tmp_path)
    yield tool
    left = tool.clean()
    assert left == [], "the test left processes behind"


@pytest.fixture(scope="session")
def our_image(tmp_path_factory, xcvm_path, xcvm_settings):
    """The image with our own implementations, for tests of those, whatever the session's holds."""
    image = xcvm_settings.build / "xcguest.elf"
    if foreign(list_cases(xcvm_path, image)):
        folder = tmp_path_factory.mktemp("ours") / "build"
        image = Workshop(folder, xcvm_settings.build).image()
    return image


@pytest.fixture(scope="session")
def liar_image(tmp_path_factory):
    """The guest whose cases provoke one outcome each."""
    return liar.build(tmp_path_factory.mktemp("liar") / "liar.elf")


@pytest.fixture(scope="session")
def liar_up_image(tmp_path_factory):
    """The same for one vCPU only."""
    return liar.build(tmp_path_factory.mktemp("liar-up") / "liar-up.elf", "-DLIAR_FLAGS=0",
                      "-DLIAR_MAX_VCPUS=1")


@pytest.fixture(scope="session")
def image(xcvm_settings):
    """Ours."""
    return xcvm_settings.build / "xcguest.elf"


@pytest.fixture(scope="session")
def panicking_image(image, tmp_path_factory):
    """Ours, but no misuse case declares the panic that comes: they crash."""
    broken = Elf(image.read_bytes())
    for case in broken.cases:
        if case.panic:
            broken.write(case.panic, b"~")
    path = tmp_path_factory.mktemp("panicking") / "xcguest.elf"
    path.write_bytes(broken.data)
    return path


@pytest.fixture
def fake(pytester):
    """A fake xcvm in pytester's folder; run(arguments) runs pytest there with the plugin."""
    made = Fake(pytester.path)
    pytester.makeini(f"[pytest]\npythonpath = {TESTS} {TESTS.parent / 'tools'}\n")
    pytester.makeconftest('pytest_plugins = ["xcvm_pytest.plugin"]')

    def run(*arguments, vcpus="2"):
        if vcpus is not None:
            arguments = ("--vcpus", vcpus, *arguments)
        return pytester.runpytest("-p", "no:cacheprovider", "--strict-markers", *arguments)
    made.run = run
    return made


@pytest.fixture
def elf(liar_image):
    """The liar's image, to be broken."""
    return Elf(liar_image.read_bytes())
