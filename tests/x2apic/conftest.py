# SPDX-License-Identifier: ISC
"""APICs as the VMM models them, driven by a program of unit/."""

import pytest

from support.x2apic import X2apics


@pytest.fixture(scope="session")
def x2apic_program(xcvm_path):
    """tests/unit/drive_x2apic.c, built beside the VMM."""
    path = xcvm_path.parent / "unit" / "drive_x2apic"
    if not path.exists():
        pytest.fail(f"no driver at {path}: run `make units` first", pytrace=False)
    return path


@pytest.fixture
def machine(x2apic_program):
    """machine(ids...): their APICs, as modelled, switched on; each ends well by itself."""
    made = []

    def make(*ids, enable=True):
        made.append(X2apics(x2apic_program, ids or (0,), enable))
        return made[-1]
    yield make
    assert [apics.close() for apics in made] == [0] * len(made)


@pytest.fixture
def apic(machine):
    """One APIC, as modelled, switched on."""
    return machine()
