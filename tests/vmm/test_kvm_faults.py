# SPDX-License-Identifier: ISC
"""Fault plans at work: every kind takes effect in the guest, is told, and can be repeated.

The guest is fault_probe: CPU 0 sends test interrupts, the other CPUs step on, and it reports what
arrived and how long each stood still.  A busy host makes things later, never earlier: whatever
is checked of times is that they are at least so long.
"""

import itertools

import pytest

from xclib.fault.places import ACCESSES, every_place, places_of

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
@pytest.mark.parametrize("cpu", [0, 1])
def test_nmi_that_nobody_can_take(xcvm, image, apic, cpu):
    """At once, when no CPU has an IDT: it is dropped, and no triple fault."""
    done = xcvm.report("--apic", apic, "--case", "idle_until_a_late_timer",
                       "--param", "sleep_ms=500",
                       *faults(f"kind=nmi,dst={cpu},every_us=1000000,times=1"), image)
    assert (done.status, done.end["verdict"]) == (0, "pass"), done.end
    assert len(done.of("fault")) == 1


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
    assert fault["detail"] == {"function": "fault_probe_step", "offset": 0, "for_us": 400000,
                               "after": 0}
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


@pytest.mark.parametrize("apic", APICS)
@pytest.mark.parametrize("fault", ["kind=preempt,for_us=1", "kind=spurious,vector=test"])
def test_walk(xcvm, image, apic, fault):
    """Each time one instruction further; a CPU that halts meanwhile still wakes."""
    done = xcvm.report("--apic", apic, "--case", "o1_remote_call_each_pair", "--vcpus", 2,
                       *faults(f"{fault},function=cpu_xcall_dispatch,walk=5",
                               f"{fault},function=cpu_idle_wait,walk=4096,times=20"), image)
    assert done.status == 0, done.end
    after = [event["detail"]["after"] for event in done.of("fault") if event["entry"] == 0]
    assert len(after) > 5 and after == [n % 5 for n in range(len(after))]
    assert done.end["faults"][1]["injected"] > 0


@pytest.mark.parametrize("apic", APICS)
def test_preempt_inside_a_function(xcvm, image, apic):
    """At the instruction that puts a call into its slot, each time that it is run."""
    place, = [place for place in places_of(every_place(image), ACCESSES, "guest/kern/kern_xcall.c")
              if place.function == "cpu_xcall"]
    plan = faults(f"kind=preempt,function={place.name},for_us=50000,nth=2,dst=0")
    done = xcvm.report("--apic", apic, "--case", "o1_remote_call_each_pair", "--vcpus", 2, *plan,
                       image)
    if done.end["verdict"] == "nokvm":
        assert "does not stop at breakpoints, so preempt cannot be injected inside cpu_xcall" in (
            done.end["reason"])
        pytest.skip(done.end["reason"])
    assert done.status == 0, done.end
    fault, = done.of("fault")
    assert fault["detail"] == {"function": "cpu_xcall", "offset": place.offset, "for_us": 50000,
                               "after": 0}
    assert f"cpu0 at {place.name}, for 50.0 ms" in done.stdout
    assert done.end["faults"][0]["eligible"] >= 2
    assert done.end["seconds"] >= 0.05


# ---- the plan of a run --------------------------------------------------------------

def told(done):
    """The faults of a run, without the time."""
    return [{key: value for key, value in fault.items() if key not in ("t_us", "run")}
            for fault in done.of("fault")]


EVERY_KIND = faults(*(f"kind={kind},src=0,vector=test,probability=15" for kind in (
    "lost", "dup,delay_us=100", "delay,delay_us=300", "reorder,delay_us=300", "misroute", "nmi")))


def test_same_again(probe):
    """One sender: the same seed and plan give the same faults in every run."""
    runs = [told(probe(*USER, "--seed", 11, *EVERY_KIND, vcpus=3, count=60, wait_ms=2))
            for _ in range(4)]
    assert len(runs[0]) > 20 and {fault["kind"] for fault in runs[0]} == {
        "lost", "dup", "delay", "reorder", "misroute", "nmi"}
    assert all(run == runs[0] for run in runs)
    assert told(probe(*USER, "--seed", 12, *EVERY_KIND, vcpus=3, count=60,
                      wait_ms=2)) != runs[0]


def test_same_again_in_a_stack(xcvm, image):
    runs = []
    for _ in range(4):
        done = xcvm.report(*USER, "--seed", 5, "--case", "o1_remote_call_each_pair", "--vcpus", 3,
                           *faults("kind=delay,src=0,vector=xcall,delay_us=200,probability=50"),
                           image)
        assert done.status == 0, done.end
        runs.append(told(done))
    assert runs[0] and all(run == runs[0] for run in runs)


def test_again(xcvm, image, tmp_path):
    """The command in the report repeats the faults, those of a file without the file."""
    plan = tmp_path / "a.plan"
    plan.write_text("# two\r\n  kind=misroute,vector=test,probability=50 \r\n\n"
                    "\tkind=lost,vector=0xe9,nth=2# the second")
    first = xcvm.report(*USER, "--fault", f"@{plan}", "--case", "fault_probe", "--vcpus", 4,
                        "--param", "wait_ms=20", image)
    plan.unlink()
    run = first.events[0]
    assert run["faults"] == ["kind=misroute,vector=test,probability=50",
                             "kind=lost,vector=233,nth=2"]
    assert run["apic"] == "user"
    second = xcvm.report(*run["command"][1:])
    assert told(first) and told(second) == told(first)
    assert second.events[0]["command"] == run["command"]


def test_the_report_says_them(xcvm, image):
    done = xcvm.run(*USER, "--case", "fault_probe", "--param", "count=30", "--param", "wait_ms=1",
                    *faults("kind=lost,vector=test,space=5"), image)
    lines = done.stdout.splitlines()
    assert lines.count("[fault] lost: test from cpu0 to cpu1") == 20
    assert lines.count("(further faults are left out here)") == 1
    assert "fault  kind=lost,vector=test,space=5: 25 of 30 eligible events" in lines


def test_each_counts_them(xcvm, image):
    done = xcvm.report(*USER, "--each=fault_prob?", "--param", "count=3", "--param", "wait_ms=1",
                       *faults("kind=lost,vector=test"), image)
    assert done.status == 0
    assert done.of("summary")[0]["faults"] == 3
    assert "; 3 faults injected; " in done.stdout


def test_the_plan_of_a_case(xcvm, liar_image):
    """It comes before --fault's, and takes the APIC that it needs."""
    done = xcvm.report("--case", "plan_user", *faults("kind=dup,times=0"), liar_image)
    assert done.end["verdict"] == "pass", done.end
    assert (done.events[0]["apic"], done.events[0]["faults"]) == ("user", [
        "kind=lost,probability=0", "kind=nmi,times=0", "kind=dup,times=0"])
    assert "--apic" not in done.events[0]["command"]
    done = xcvm.report("--case", "plan_any", liar_image)
    assert (done.end["verdict"], done.events[0]["apic"]) == ("pass", "kernel")
    done = xcvm.report("--case", "plan_two_cpus", "--vcpus", 1, liar_image)
    assert done.end["verdict"] == "skip"


def test_the_plan_of_a_case_and_the_kernels_apic(xcvm, liar_image):
    done = xcvm.report("--apic", "kernel", "--case", "plan_user", liar_image)
    assert (done.status, done.end["verdict"]) == (4, "skip")
    assert "--apic user" in done.end["reason"]
    done = xcvm.report("--apic", "kernel", "--case", "plan_any", liar_image)
    assert done.status == 0, done.end
    done = xcvm.run("--each=plan_[ua]*", *faults("kind=dup"), liar_image)
    assert done.status == 2 and "--apic user" in done.stderr


def test_the_plan_of_a_case_must_fit(xcvm, elf, tmp_path):
    """A CPU that its vCPUs do not have is found when it is run."""
    elf.write(elf.case("plan_two_cpus").fault, b"kind=stall,dst=7,stall_us=1,times=0")
    path = tmp_path / "image.elf"
    path.write_bytes(elf.data)
    done = xcvm.report("--case", "plan_two_cpus", path)
    assert (done.status, done.end["verdict"]) == (2, "usage")
    for word in ("case plan_two_cpus: its fault kind=stall,dst=7", "dst 7", "--vcpus 8"):
        assert word in done.end["reason"]


# ---- many at once -----------------------------------------------------------------------

STORM = faults(
    "kind=spurious,vector=48,every_us=50", "kind=spurious,vector=254,every_us=50",
    "kind=spurious,vector=test,every_us=50", "kind=nmi,every_us=500",
    "kind=slow,dst=0,duty=60,every_us=57", "kind=slow,dst=1,duty=60,every_us=61")
ON_THEIR_WAY = faults(*(f"kind={kind},probability=20" for kind in (
    "dup,delay_us=50", "delay,delay_us=100", "reorder,delay_us=70", "nmi")))
ENTERED = faults(*(f"kind=preempt,function={name},for_us=50,probability=20" for name in (
    "intr", "intr_entry", "trap_entry", "sched_switch")))


@pytest.mark.parametrize("case, plan", [
    ("ipl_stress", STORM), ("o12_all_to_all", STORM + ON_THEIR_WAY),
    ("ipl_stress", STORM + ENTERED), ("sleep_ping_pong", ON_THEIR_WAY + ENTERED)],
    ids=["ticks", "ticks_way", "ticks_entered", "way_entered"])
def test_storm(xcvm, image, case, plan):
    """The guest may come to nothing, but neither it nor the VMM may break."""
    done = xcvm.report(*USER, "--timeout", 0.5, "--case", case, *plan, image)
    assert done.end["verdict"] in ("pass", "hang"), done.end
    assert "Sanitizer" not in done.stderr
    assert len(done.of("fault")) == sum(entry["injected"] for entry in done.end["faults"]) > 0
