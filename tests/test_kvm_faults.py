# SPDX-License-Identifier: ISC
"""Fault plans at work: every kind takes effect in the guest, is told, and can be repeated.

The guest is fault_probe: CPU 0 sends test interrupts, the other CPUs step on, and it reports what
arrived and how long each stood still.  A busy host makes things later, never earlier: whatever
is checked of times is that they are at least so long.
"""

import itertools

import pytest

pytestmark = pytest.mark.vmm

USER = ("--apic", "user")
APICS = ("kernel", "user")


@pytest.fixture
def image(xcvm_settings):
    path = xcvm_settings.build / "xcguest.elf"
    if not path.exists():
        pytest.fail(f"no image at {path}: run `make` first", pytrace=False)
    return path


@pytest.fixture
def probe(xcvm, image):
    """probe(arguments..., params) runs fault_probe; it must pass, and tell every fault."""
    def run(*arguments, vcpus=2, **params):
        words = (word for name, value in params.items() for word in ("--param", f"{name}={value}"))
        done = xcvm.report(*arguments, "--case", "fault_probe", "--vcpus", vcpus, *words, image)
        assert (done.status, done.end["verdict"]) == (0, "pass"), (done.end, done.stderr)
        assert "Sanitizer" not in done.stderr
        told = [0] * len(done.end["faults"])
        for fault in done.of("fault"):
            told[fault["entry"]] += 1
        assert told == [entry["injected"] for entry in done.end["faults"]]
        assert done.events[0]["faults"] == [entry["spec"] for entry in done.end["faults"]]
        return done
    return run


def figure(done, name):
    values = done.figures(name)
    assert len(values) == 1, (name, values)
    return values[0]


def faults(*specs):
    return tuple(word for spec in specs for word in ("--fault", spec))


# ---- interrupts on their way ----------------------------------------------------

def test_lost(probe):
    done = probe(*USER, *faults("kind=lost,vector=test,nth=3"), count=3, wait_ms=300)
    fault, = done.of("fault")
    assert {key: fault[key] for key in ("kind", "nth", "src", "dst", "vector_name", "detail")} == {
        "kind": "lost", "nth": 3, "src": 0, "dst": 1, "vector_name": "test", "detail": {}}
    assert fault["vector"] == 0xe9
    assert figure(done, "arrived at cpu1") < 3
    assert done.end["faults"][0]["eligible"] == 3


def test_nothing_lost(probe):
    """The same without it: all arrive, however long it takes."""
    done = probe(*USER, *faults("kind=lost,vector=test,probability=0"), count=3, wait_ms=10000)
    assert done.of("fault") == []
    assert done.end["faults"] == [{"spec": "kind=lost,vector=test,probability=0", "kind": "lost",
                                   "eligible": 3, "injected": 0}]
    assert figure(done, "arrived at cpu1") == 3


def test_dup(probe):
    """The second is a long time after the first: the CPU has taken that."""
    done = probe(*USER, *faults("kind=dup,vector=test,delay_us=400000"), count=1, wait_ms=10000,
                 last_ms=2000)
    assert len(done.of("fault")) == 1
    assert figure(done, "arrived at cpu1") == 2


def test_dup_at_once(probe):
    done = probe(*USER, *faults("kind=dup,vector=test"), count=4, wait_ms=10000)
    assert len(done.of("fault")) == 4
    assert 4 <= figure(done, "arrived at cpu1") <= 8


def test_delay(probe):
    done = probe(*USER, *faults("kind=delay,vector=test,delay_us=200000,nth=2"), count=2,
                 wait_ms=10000)
    assert figure(done, "arrived at cpu1") == 2
    assert figure(done, "latest arrival") >= 200e6 * 0.99  # two clocks
    assert done.of("fault")[0]["detail"] == {"delay_us": 200000}


def test_reorder(probe):
    """The first, held back for an hour, comes when the second has gone ahead."""
    done = probe(*USER, *faults("kind=reorder,vector=test,nth=1,delay_us=3600000000"), count=2,
                 wait_ms=1000)
    assert figure(done, "arrived in time") <= 1
    assert 1 <= figure(done, "arrived at cpu1") <= 2


def test_reorder_ends(probe):
    """The only one, held back, comes all the same."""
    done = probe(*USER, *faults("kind=reorder,vector=test,delay_us=200000"), count=1,
                 wait_ms=10000)
    assert figure(done, "arrived at cpu1") == 1
    assert figure(done, "latest arrival") >= 200e6 * 0.99


@pytest.mark.parametrize("to", [0, 2])
def test_misroute(probe, to):
    done = probe(*USER, *faults(f"kind=misroute,vector=test,to={to}"), vcpus=3, count=1,
                 wait_ms=300)
    assert figure(done, "arrived at cpu1") == 0
    assert figure(done, f"arrived at cpu{to}") == 1
    assert done.of("fault")[0]["detail"] == {"to": to}


def test_misroute_drawn(probe):
    """To the same CPU for the same seed, and never to the right one."""
    drawn = set()
    for seed in range(4):
        twice = [probe(*USER, "--seed", seed, *faults("kind=misroute,vector=test"), vcpus=4,
                       count=1, wait_ms=100) for _ in range(2)]
        to = twice[0].of("fault")[0]["detail"]["to"]
        assert [done.of("fault")[0]["detail"]["to"] for done in twice] == [to, to]
        assert [figure(done, f"arrived at cpu{to}") for done in twice] == [1, 1]
        drawn.add(to)
    assert 1 not in drawn and len(drawn) > 1


def test_nmi_in_its_place(probe):
    done = probe(*USER, *faults("kind=nmi,vector=test"), count=1, wait_ms=500)
    assert figure(done, "arrived at cpu1") == 0
    assert figure(done, "NMIs at cpu1") == 1
    fault, = done.of("fault")
    assert (fault["vector_name"], fault["vector"]) == ("test", 0xe9)


# ---- points of time ---------------------------------------------------------------

@pytest.mark.parametrize("apic", APICS)
def test_spurious(probe, apic):
    done = probe("--apic", apic,
                 *faults("kind=spurious,vector=test,to=1,every_us=100000,after=200000,times=3"),
                 count=0, last_ms=2000)
    assert 1 <= figure(done, "arrived at cpu1") <= 3
    assert all(fault["src"] is None and fault["dst"] == 1 for fault in done.of("fault"))
    assert all(fault["t_us"] >= 200000 for fault in done.of("fault"))


@pytest.mark.parametrize("apic", APICS)
def test_nmi(probe, apic):
    """After the probe has its handler: with luck within a second of the run's beginning."""
    done = probe("--apic", apic, *faults("kind=nmi,dst=1,every_us=100000"), count=0, last_ms=2000)
    assert 1 <= figure(done, "NMIs at cpu1") <= len(done.of("fault"))
    assert figure(done, "NMIs at cpu0") == 0
    assert done.of("fault")[0]["vector"] is None
    assert done.of("fault")[0]["vector_name"] == "nmi"


@pytest.mark.parametrize("apic", APICS)
def test_stall(probe, apic):
    done = probe("--apic", apic, *faults("kind=stall,dst=1,stall_us=400000,every_us=100000"),
                 count=0, last_ms=2000)
    assert figure(done, "longest gap of cpu1") >= 400e6 * 0.99
    for before, after in itertools.pairwise(done.of("fault")):
        assert after["t_us"] - before["t_us"] >= 500000


@pytest.mark.parametrize("apic", APICS)
def test_slow(probe, apic):
    done = probe("--apic", apic, *faults("kind=slow,dst=1,duty=20,every_us=500000"), count=0,
                 last_ms=2000)
    assert figure(done, "longest gap of cpu1") >= 0.8 * 500e6 * 0.99


# ---- functions ----------------------------------------------------------------------

@pytest.mark.parametrize("apic", APICS)
def test_preempt(probe, apic):
    done = probe("--apic", apic,
                 *faults("kind=preempt,function=fault_probe_step,for_us=400000,dst=1,nth=2"),
                 count=1, wait_ms=10000, last_ms=1500)
    assert figure(done, "longest entry on cpu1") >= 400e6 * 0.99
    fault, = done.of("fault")
    assert fault["detail"] == {"function": "fault_probe_step", "for_us": 400000}
    assert figure(done, "arrived at cpu1") == 1
    assert done.end["faults"][0]["eligible"] > 2


@pytest.mark.parametrize("apic", APICS)
def test_preempt_counts_every_entry_once(xcvm, image, apic):
    """o1 calls from each CPU to each other; the function that is called tells how often."""
    done = xcvm.report("--apic", apic, "--case", "o1_remote_call_each_pair", "--vcpus", 2,
                       *faults("kind=preempt,function=cpu_xcall_dispatch,for_us=1,probability=0"),
                       image)
    assert done.status == 0, done.end
    calls = figure(done, "cpu_xcall functions run from a slot")
    assert 1 <= done.end["faults"][0]["eligible"] <= calls
