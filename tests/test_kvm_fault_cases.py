# SPDX-License-Identifier: ISC
"""Fault cases: what is told when they end as they must."""

import pytest


@pytest.fixture
def image(xcvm_settings):
    return xcvm_settings.build / "xcguest.elf"


@pytest.mark.parametrize("vcpus", [2, 4])
def test_a_panic_in_a_handler(xcvm, image, vcpus):
    """It names the handler's number; every other CPU has stopped, whatever it waited for."""
    done = xcvm.report("--case", "i40_handler_panics", "--vcpus", vcpus, image)
    assert done.end["verdict"] == "pass"
    (panic,) = done.of("panic")
    assert panic["message"] == "i40: number 2 gives up (in the handler of ipi number 2)"
    assert (panic["cpu"], panic["expected"]) == (1, True)

    done = xcvm.report("--case", "i40_handler_panics", "--vcpus", vcpus, "--param", "unexpected=1",
                       image)
    assert done.end["verdict"] == "crash"
    tops = {vcpu["cpu"]: [frame["function"] for frame in vcpu["backtrace"][:2]]
            for vcpu in done.of("vcpu") if vcpu["cpu"] != 1}
    assert tops == {cpu: ["cpu_stop", "intr_nmi"] for cpu in range(vcpus) if cpu != 1}
