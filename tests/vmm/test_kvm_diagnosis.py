# SPDX-License-Identifier: ISC
"""Why a run hangs: each verdict, from a guest in which exactly that cause was planted."""

import itertools
import json
import re
import subprocess

import pytest

from support.dropin import FIXTURES, Workshop

SO_FAR = r" \(\d+(\.\d)? (s|ms|us) so far\)"
SYNC = r"^cpu 0 waits in cpu_xcall_sync for cpu 1 to run `call_nothing'" + SO_FAR + ": "
WAIT = r"^cpu 0 waits in xc_wait \((?:LOW|HIGH)\) for cpu 1 to run `(\w+)'" + SO_FAR + ": "
MESSAGE = r"^cpu 0 waits in ipi_wait for cpu (\d) to run `(\w+)'" + SO_FAR + ": "
LOST = (r" was sent but is not pending at cpu {}, which has not taken one since: it was lost on "
        r"the way")
DEAD = "; every CPU is halted, and no interrupt can arrive$"
IN = r", in `{}', thread case/\d, at {}$"

# What the run's sentence has to say, beside the verdict that the case declares.
SENTENCES = {
    "diag_never_sent": SYNC + "no IPI was sent to cpu 1 for it" + DEAD,
    "diag_lost": SYNC + r"the IPI \(vector xcall\)" + LOST.format(1) + DEAD,
    "diag_lost_message": MESSAGE + r"the IPI \(vector ipi\)" + LOST.format(2) + "$",
    "diag_lost_high": WAIT + r"the IPI \(vector ipi\)" + LOST.format(1) + DEAD,
    "diag_lost_low": WAIT + "thread xcall/1 is to run it there, but the reschedule IPI"
    + LOST.format(1) + DEAD,
    "diag_lost_wakeup": SYNC + "the call has ended and thread main is to go on, but the reschedule "
    "IPI" + LOST.format(0) + "$",
    "diag_masked_by_if": SYNC + r"the IPI \(vector xcall\) is pending at cpu 1, which has "
    "interrupts off" + IN.format("hold_thread", "IPL_NONE"),
    "diag_masked_by_tpr": SYNC + r"the IPI \(vector xcall\) is pending at cpu 1, masked by its TPR "
    "0xf0" + IN.format("diag_spin", "IPL_NONE"),
    "diag_masked_by_softclock": SYNC + "cpu 1 has taken the IPI, and blocks the soft interrupt "
    "that it was put off to" + IN.format("hold_thread", "IPL_SOFTCLOCK"),
    "diag_masked_by_high": MESSAGE + r"the IPI \(vector ipi\) has come to cpu 1, which blocks it"
    + IN.format("hold_thread", "IPL_HIGH"),
    "diag_full": "^cpu 0 waits in cpu_xcall for a free place at cpu 1 for `call_nothing'" + SO_FAR
    + ": cpu 1 has taken the IPI" + ".*" + IN.format("hold_thread", "IPL_SOFTCLOCK"),
    "diag_masked_by_preemption": WAIT + "thread xcall/1 is to run it there, but cpu 1 has "
    "preemption disabled" + IN.format("hold_thread", "IPL_NONE"),
    "diag_lost_work": SYNC + "cpu 1 has taken the call off its queue, and never began it" + DEAD,
    "diag_unseen_work": SYNC + "cpu 1 has taken the IPI, and left the call queued" + DEAD,
    "diag_target_not_started": r"for cpu 2 to run `call_nothing'" + SO_FAR
    + ": cpu 2 has not been started" + DEAD,
    "diag_handler_running": r"to run `diag_spin'" + SO_FAR
    + ": cpu 1 runs it, thread softclk in `diag_spin'$",
    "diag_handler_before_it": SYNC
    + "cpu 1 is at something before it, thread softclk in `diag_spin'$",
    "diag_message_running": MESSAGE
    + "cpu 1 runs it, an interrupt on top of thread idle in `diag_spin'$",
    "diag_handler_asleep": WAIT + 'cpu 1 runs it, thread xcall/1 asleep on "forever"' + DEAD,
    "diag_no_acknowledgement": MESSAGE + "cpu 1 has run it, and has not said so$",
    "diag_mutual_messages": r"^cpu (\d) waits in ipi_wait for cpu (\d) to run `call_nothing'"
    + SO_FAR + r"; cpu \2 waits in ipi_wait for cpu \1 .*: they wait for each other$",
    "diag_mutual_slots": r"^cpu (\d) waits in cpu_xcall for a free place at cpu (\d) for "
    r"`call_nothing'" + SO_FAR + r"; cpu \2 waits in cpu_xcall for a free place at cpu \1 .*: they "
    "wait for each other$",
    "diag_mutual_mutex": r"^cpu 0 waits in xc_wait \(LOW\) for cpu 1 to run `take_mutex'" + SO_FAR
    + ", which takes thread xcall/1, and that needs a mutex of thread main: it waits for itself"
    + DEAD,
    "diag_chain": "^cpu 1 waits in ipi_wait for cpu 2 to run `call_nothing'" + SO_FAR
    + r": the IPI \(vector ipi\) is pending at cpu 2, which has interrupts off"
    + IN.format("hold_thread", "IPL_NONE"),
    "diag_no_ring": MESSAGE
    + "cpu 1 runs it, an interrupt on top of thread case/1 in `diag_spin'$",
    "diag_nobody_waits": r"^500 ms have passed since the first stall, and no cross-call "
    r"is waited for; cpu 0 is running in `diag_spin', thread main, at IPL_NONE; 2 CPUs are halted$",
    "diag_no_interrupt": "^no interrupt can ever arrive: every CPU is halted, nothing is pending, "
    'no timer is armed; thread main sleeps on "forever"$',
    "diag_halted": "^no interrupt can ever arrive: ",
    "diag_async": "^nobody waits for it, but cpu 0's call of cpu_xcall, `call_nothing', is queued "
    "for cpu 1" + SO_FAR + r": the IPI \(vector xcall\)" + LOST.format(1) + "$",
    "diag_trigger": "^nobody waits for it, but cpu 0's call of ipi, `call_nothing', is queued for "
    "cpu 1" + SO_FAR + r": the IPI \(vector ipi\)" + LOST.format(1) + "$",
    "diag_thread": "^thread case/1 is to run on cpu 1: the reschedule IPI" + LOST.format(1) + DEAD,
}

VERDICTS = {
    "never sent", "sent, not pending at the target", "pending, masked by IF",
    "pending, masked by TPR", "pending, masked by IPL", "taken, no work seen", "handler running",
    "work done, acknowledgement missing", "waiters wait for each other", "target not running",
    "no interrupt can ever arrive", "nobody waits"}


@pytest.fixture(scope="module")
def image(xcvm_settings):
    return xcvm_settings.build / "xcguest.elf"


@pytest.fixture(scope="module")
def declared(xcvm_path, image):
    """{name: verdict} of the cases that are here to hang."""
    done = subprocess.run([xcvm_path, "--list", image], check=True, capture_output=True, text=True)
    cases = map(json.loads, done.stdout.splitlines())
    return {case["name"]: case["diagnosis"] for case in cases if case["name"].startswith("diag_")}


def the_diagnosis(done):
    (diagnosis,) = done.of("diagnosis")
    assert done.end["diagnosis"] == diagnosis["verdict"]
    return diagnosis


@pytest.mark.parametrize("apic", ["kernel", "user"])
@pytest.mark.parametrize("name", SENTENCES)
def test_the_cause_is_named(xcvm, image, declared, name, apic):
    done = xcvm.report("--case", name, "--vcpus", "3", "--apic", apic, image)
    assert (done.status, done.end["verdict"]) == (0, "pass"), done.end
    found = the_diagnosis(done)
    assert found["verdict"] == declared[name] and found["expected"]
    assert re.search(SENTENCES[name], found["sentence"]), found["sentence"]
    if found["cause"] is not None:
        wait = found["waits"][found["cause"]]
        assert wait["verdict"] == found["verdict"]
        assert found["sentence"].startswith(wait["sentence"])
        assert wait["primitive"] is None or wait["function"]["function"] in wait["sentence"]


def test_all_cases_are_tried(declared):
    assert set(declared) == set(SENTENCES)


def test_every_verdict_is_provoked(declared):
    assert set(declared.values()) == VERDICTS


def test_those_that_come_to_rest_end_at_once(xcvm, image):
    """Long before the time limit of the case, which is a hundred times that."""
    done = xcvm.report("--case", "diag_no_interrupt", "--timeout", "50", image)
    assert done.end["seconds"] < 25


def test_a_wait_for_nobody_is_reported(xcvm, image):
    """No CPU has the message any more, and its count says that one has: that is a stall, too."""
    done = xcvm.report("--case", "diag_no_acknowledgement", "--vcpus", "2", image)
    (stall,) = done.of("stall")
    assert (stall["cpu"], stall["primitive"]) == (0, "ipi_wait")
    assert [stall[key] for key in ("target", "thread", "ipl", "pending")] == [None] * 4
    assert "ipi_wait has waited for" in done.stdout and "no cpu has call_nothing" in done.stdout


@pytest.mark.parametrize("name, what", [
    ("diag_lost", {"cpu": 1, "where": "cpu_xcall slot 0", "function": "call_nothing"}),
    ("diag_masked_by_high", {"cpu": 1, "where": "ipi mailbox place 0",
                             "function": "call_nothing"}),
    ("diag_message_running", {"cpu": 1, "where": "ipi message 0", "function": "diag_spin"})])
def test_what_is_queued_is_shown(xcvm, image, name, what):
    done = xcvm.report("--case", name, "--vcpus", "3", image)
    slots = {vcpu["cpu"]: {slot["where"]: slot["function"]["function"] for slot in vcpu["slots"]}
             for vcpu in done.of("vcpu")}
    assert slots[what["cpu"]].get(what["where"]) == what["function"], slots


def test_the_vcpus_are_shown(xcvm, image):
    done = xcvm.report("--case", "diag_masked_by_high", "--vcpus", "2", image)
    cpu0, cpu1 = done.of("vcpu")
    vector = {"irr": [], "isr": [], "tpr": 0, "injected": None, "nmi": False}
    assert {key: cpu1["apic"][key] for key in vector} == vector
    assert (cpu1["ipl"], cpu1["ipl_name"], cpu1["thread"]) == (8, "IPL_HIGH", "case/1")
    assert "ipi" in cpu1["pending"] and cpu1["if"] and not cpu1["held"]
    assert (cpu0["ipl_name"], cpu0["thread"]) == ("IPL_NONE", "main")
    done = xcvm.report("--case", "diag_masked_by_if", "--vcpus", "2", image)
    cpu1 = done.of("vcpu")[1]
    assert cpu1["apic"]["irr"] == [0xe7] and not cpu1["if"]


def test_the_waiting_thread_is_shown(xcvm, image):
    """It sleeps: the registers of its CPU are another's."""
    done = xcvm.report("--case", "diag_handler_running", "--vcpus", "2", image)
    (wait,) = the_diagnosis(done)["waits"]
    functions = [frame["function"] for frame in wait["backtrace"]]
    start = functions.index("cpu_xcall_sync")
    assert functions[start:start + 4] == ["cpu_xcall_sync", "case_diag_handler_running",
                                          "case_main", "main_thread"]
    assert wait["elapsed_ns"] > 10 ** 8 and not wait["young"] and not wait["orphan"]


@pytest.mark.parametrize("name, verdict", [("diag_lost", "sent, not pending at the target"),
                                           ("diag_lost_work", "work done, acknowledgement missing"),
                                           ("diag_unseen_work", "sent, not pending at the target")])
def test_without_a_trace_it_says_less(xcvm, image, name, verdict):
    """But nothing that it does not know."""
    done = xcvm.report("--case", name, "--vcpus", "2", "--param", "trace=0", image)
    found = the_diagnosis(done)
    assert found["verdict"] == verdict
    assert "if one was sent" in found["sentence"] or "does not have it" in found["sentence"]
    assert "the trace: sent: not known; taken since: not known" in str(found["waits"])


def test_a_late_start_makes_no_wait_young(xcvm, image):
    """What the case has looked at so long after its stall; whatever the run took before."""
    done = xcvm.report("--case", "diag_lost_wakeup", "--fault",
                       "kind=preempt,function=case_main,dst=0,for_us=2500000,nth=1", image)
    assert (done.status, done.end["verdict"]) == (0, "pass"), done.end


def test_a_stall_long_before_the_time_limit(xcvm, image):
    """A longer limit does not keep a case that must hang from being looked at."""
    done = xcvm.report("--case", "diag_nobody_waits", "--timeout", "50", image)
    assert the_diagnosis(done)["sentence"].startswith("500 ms have passed since the first stall")


def test_the_time_limit_soon_after_a_stall(xcvm, image):
    """What ended the run is said: the limit, before the case was to be looked at."""
    done = xcvm.report("--case", "diag_nobody_waits", "--timeout", "2", "--fault",
                       "kind=preempt,function=case_main,dst=0,for_us=1700000,nth=1", image)
    found = the_diagnosis(done)
    if stalls := done.of("stall"):  # on a busy host the limit comes even before that
        after_us = found["t_us"] - stalls[0]["t_us"]
        assert found["sentence"].startswith("the time limit of 2 s") or after_us > 490000


def test_a_busy_guest_is_not_accused(xcvm, image):
    """Calls come and go until the time limit: none hangs, however busy this host is as well."""
    done = xcvm.report("--case", "n16_mixed_calls", "--vcpus", "3", "--timeout", "8", "--param",
                       "budget_ms=60000", image)
    assert (done.status, the_diagnosis(done)["verdict"]) == (5, "nobody waits"), done.end


def test_a_person_can_read_it(xcvm, image):
    """The same cause in a case that does not declare it."""
    done = xcvm.report("--case", "o2_context_of_a_remote_call", "--vcpus", "2", "--apic", "user",
                       "--fault", "kind=lost,vector=xcall,nth=1", "--timeout", "3", image)
    assert (done.status, done.end["verdict"]) == (5, "hang")
    assert done.end["reason"] == the_diagnosis(done)["sentence"]
    text = done.stdout
    assert "\ndiagnosis: sent, not pending at the target\n" in text
    assert "the call: in cpu_xcall slot 0 of cpu 1\n" in text
    assert "\n    kernel  IPL_NONE  thread idle  pending none\n    apic     irr none" in text
    assert "\n    cpu_xcall slot 0  call_see\n" in text
    assert text.index("\ndiagnosis: ") < text.index("\ncpu0: ")


@pytest.mark.parametrize("case, cpu, nth, thread", [
    # The function of a call in a box sleeps at one CPU, and has not begun at another.
    ("n20_low_is_done_when_it_returned", 1, 1, "xcall/1"),
    # It slept, is to go on, and its CPU does not come to it.
    ("n20_low_is_done_when_it_returned", 1, 2, "xcall/1"),
    # Of two that nobody waits for, the other may only be late; and it is what a function waits for.
    ("i15_full_is_counted", 2, 1, "case/2"), ("n38_herd_of_low_callers", 1, 1, "case/1")])
def test_a_lost_interrupt_behind_what_may_be_late(xcvm, image, case, cpu, nth, thread):
    done = xcvm.report("--case", case, "--vcpus", "4", "--apic", "user", "--timeout", "3",
                       "--fault", f"kind=lost,vector=resched,dst={cpu},nth={nth}", image)
    found = the_diagnosis(done)
    assert found["verdict"] == "sent, not pending at the target"
    assert f"thread {thread} is to run" in found["sentence"]
    assert f"is not pending at cpu {cpu}" in found["sentence"]


@pytest.mark.parametrize("plan, words", [
    (["kind=lost,vector=test,nth=1"], "1 fault, lost: test from cpu 0 to cpu 0"),
    (["kind=lost,vector=test,nth=1", "kind=nmi,dst=1,after=900000,every_us=1000,nth=1"],
     "2 faults, the last one nmi: NMI to cpu 1"),
    (["kind=lost,vector=test,nth=1", "kind=stall,dst=1,stall_us=10,after=900000,nth=1"],
     "2 faults, the last one stall: cpu 1")])
def test_a_fault_that_may_be_why(xcvm, image, plan, words):
    """The case waits for an interrupt of its own: the guest cannot say that it was lost."""
    done = xcvm.report("--case", "o4_self_call_in_hard_interrupt", "--vcpus", "2", "--apic", "user",
                       "--timeout", "2", *[word for spec in plan for word in ("--fault", spec)],
                       image)
    found = the_diagnosis(done)
    assert found["verdict"] == "nobody waits"
    assert found["sentence"].endswith(f"; the fault plan has injected {words}")


# ---- what a case declares is held to ----

@pytest.mark.parametrize("name, status, verdict, words", [
    ("hang_right", 0, "pass", "^$"), ("hang_dead", 0, "pass", "^$"),
    ("hang_wrong", 5, "hang", '^nobody waits: .*expected was "never sent"'),
    ("hang_none", 1, "fail", '"nobody waits", never came'),
    ("hang_fail", 1, "fail", "^1 check failed$"), ("hang_panic", 3, "crash", "panic: plainly")])
def test_a_declared_hang(xcvm, liar_image, name, status, verdict, words):
    done = xcvm.report("--case", name, "--timeout", "1", liar_image)
    assert (done.status, done.end["verdict"]) == (status, verdict), done.end
    assert re.search(words, done.end["reason"])
    assert [event["expected"] for event in done.of("diagnosis")] == (
        [name in ("hang_right", "hang_dead", "hang_fail")]
        if name not in ("hang_none", "hang_panic") else [])


# ---- a kernel that lies about itself ----

def test_another_kernel_can_be_looked_into(xcvm, liar_image):
    done = xcvm.report("--case", "inspect_good", "--vcpus", "2", liar_image)
    found = the_diagnosis(done)
    assert found["verdict"] == "target not running"
    assert re.search("cpu 0 waits in ring for cpu 1 to run `fake_wrapper'.*: cpu 1 has not been "
                     "started", found["sentence"])
    assert done.of("vcpu")[1]["slots"][0]["where"] == "slot 1"
    assert done.of("vcpu")[0]["ipl_name"] == "shut"


LIES = ["inspect_loops", "inspect_nowhere", "inspect_end", "inspect_null", "inspect_stray"]


@pytest.mark.parametrize("name, vcpus", [
    *itertools.product(LIES, ["1", "2"]), *((name, "64") for name in LIES[1:])])
def test_lies_lead_nowhere(xcvm, liar_image, name, vcpus):
    done = xcvm.report("--case", name, "--vcpus", vcpus, liar_image)
    assert (done.status, done.end["verdict"]) == (5, "hang"), done.end
    assert done.end["reason"] == the_diagnosis(done)["sentence"]
    assert len(done.of("vcpu")) == int(vcpus)


def test_endless_lists_of_many_lead_nowhere(xcvm, liar_image, tmp_path):
    """The longest diagnosis there is, tens of megabytes: only what it comes to is looked at."""
    report = tmp_path / "events"
    done = xcvm.run("--case", "inspect_loops", "--vcpus", "64", "--events", report, liar_image)
    assert done.status == 5
    *_, end = report.read_text().splitlines()
    assert json.loads(end)["verdict"] == "hang"
    assert json.loads(end)["reason"] in done.stdout


def test_random_lies_lead_nowhere(xcvm, liar_image):
    for seed in range(1, 13):
        done = xcvm.report("--case", "inspect_random", "--vcpus", "2", "--seed", seed, liar_image)
        assert (done.status, done.end["verdict"]) == (5, "hang"), f"seed {seed}: {done.end}"
        the_diagnosis(done)


def test_an_image_without_a_table(xcvm, elf, tmp_path):
    """It gets a weaker diagnosis, and no error."""
    elf.section("xcvm_inspect").name = 0
    path = tmp_path / "image.elf"
    path.write_bytes(elf.data)
    done = xcvm.report("--case", "inspect_good", "--vcpus", "2", path)
    assert (done.status, the_diagnosis(done)["verdict"]) == (5, "no interrupt can ever arrive")
    vcpu = done.of("vcpu")[0]
    assert (vcpu["ipl"], vcpu["thread"], vcpu["pending"], vcpu["slots"]) == (None, None, [], [])
    assert vcpu["apic"] is not None


# ---- implementations that tell nothing of their waits ----

BROKEN = {
    "xcall_never_sends": ("cpu_xcall", "o17_sync_returns_after_the_function", "never sent",
                          r"^cpu (\d) waits in cpu_xcall_sync for cpu (\d) to run `errand_run': no "
                          r"IPI was sent to cpu \2 for it"),
    "xcall_never_looks": ("cpu_xcall", "o17_sync_returns_after_the_function",
                          "taken, no work seen",
                          r"for cpu (\d) to run `errand_run': cpu \1 has taken the IPI, and left "
                          "the call queued"),
    "xcall_never_tells": ("cpu_xcall", "o17_sync_returns_after_the_function",
                          "work done, acknowledgement missing",
                          r"^cpu \d waits in cpu_xcall_sync for (cpu \d|a CPU) to run its "
                          r"function: (\1|it) does not have it any more, and has not said that it "
                          "is done"),
    "ipi_never_sends": ("ipi", "i10_unicast", "never sent",
                        r"^cpu 0 waits in ipi_wait for a CPU to run its function: no IPI was sent "
                        "for it"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_foreign_implementation(xcvm, xcvm_settings, tmp_path, name):
    """From its threads' backtraces, the slots of the kernel's interface, the machine's trace."""
    api, case, verdict, words = BROKEN[name]
    image = Workshop(tmp_path / "build", xcvm_settings.build).image(
        **{api: FIXTURES / "broken" / f"{name}.c"})
    done = xcvm.report("--case", case, "--vcpus", "2", "--timeout", "3", image)
    found = the_diagnosis(done)
    assert (done.status, found["verdict"]) == (5, verdict), found
    assert re.search(words, found["sentence"]), found["sentence"]
    assert found["waits"][found["cause"]]["elapsed_ns"] is None
