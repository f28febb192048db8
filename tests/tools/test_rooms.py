# SPDX-License-Identifier: ISC
"""tools/rooms: the VMM keeps to vmm/ROOMS, and what breaks it is named."""

import shutil
import subprocess

import pytest

from support.dropin import ROOT


def rooms(*args):
    return subprocess.run([ROOT / "tools" / "rooms", *map(str, args)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)


@pytest.fixture(name="objects")
def fixture_objects(xcvm_path):
    return xcvm_path.parent / "vmm"


@pytest.fixture(name="copy")
def fixture_copy(tmp_path):
    """The source, to be spoilt."""
    shutil.copytree(ROOT / "vmm", tmp_path / "vmm")
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "structure.md", tmp_path / "docs")
    return tmp_path


def add(path, text):
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


def test_the_vmm_keeps_to_its_rooms(objects):
    done = rooms(objects)
    assert (done.returncode, done.stdout) == (0, "")


def test_includes(copy):
    add(copy / "vmm/vm/vm.c", '#include "inject/inject.h"\n')
    add(copy / "vmm/run/run.c", '#include "port/port_private.h"\n')
    add(copy / "vmm/x2apic/msr.c", '#include "nowhere.h"\n')
    done = rooms("--root", copy)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        'vmm/run/run.c: includes "port/port_private.h", which is for room port alone',
        'vmm/vm/vm.c: includes "inject/inject.h": room vm may not use room inject',
        'vmm/x2apic/msr.c: includes "nowhere.h", which is no "room/file.h"',
    ]


def test_symbols(tmp_path, objects):
    """Declared by hand, without an include."""
    spoilt = tmp_path / "objects"
    shutil.copytree(objects, spoilt)
    source = tmp_path / "vm.c"
    source.write_text("void port_close(void *);\nvoid vm_x(void) { port_close(0); }\n")
    subprocess.run(["cc", "-c", source, "-o", spoilt / "vm" / "vm.o"], check=True)
    done = rooms(spoilt)
    assert done.returncode == 1
    assert ("vmm/vm/vm.c: uses port_close of vmm/port/port.c: room vm may not use room port"
            in done.stdout.splitlines())


def test_the_rules_themselves(copy):
    text = (copy / "vmm/ROOMS").read_text()
    (copy / "vmm/ROOMS").write_text(text.replace("\nvm: ", "\nvm: run nowhere "))
    (copy / "vmm/stray.c").touch()
    (copy / "vmm/attic").mkdir()
    done = rooms("--root", copy)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "vmm/ROOMS: vm may use nowhere, which is no room",
        "vmm/ROOMS: vm may use run, which does not stand below it",
        "vmm/attic/: is no room: name it in vmm/ROOMS",
        "vmm/stray.c: stands in no room",
    ]


def test_a_rule_that_nobody_needs(copy, objects):
    text = (copy / "vmm/ROOMS").read_text()
    (copy / "vmm/ROOMS").write_text(text.replace("\nlook: ", "\nlook: x2apic "))
    done = rooms("--root", copy, objects)
    assert (done.returncode, done.stdout) == (1, "vmm/ROOMS: look may use x2apic, and does not\n")


def test_the_line_counts_of_the_docs(copy):
    add(copy / "vmm/port/port.c", "\n" * 1000)
    done = rooms("--root", copy)
    assert done.returncode == 1
    assert done.stdout.startswith("structure.md: says that vmm/port/ has ")


def test_no_objects(tmp_path):
    done = rooms(tmp_path)
    assert (done.returncode, done.stdout) == (
        2, f"tools/rooms: {tmp_path}: has no objects of rooms: build first\n")
