# SPDX-License-Identifier: ISC
"""The hooks: options, header, collection, selection, reports."""

import platform
import re
from pathlib import Path

import pytest

from xclib.table import APIS, KINDS
from xclib.values import short

from . import campaign, differs, settings as options
from .collect import CaseItem, CasesFile, ImageFile
from .kvm import needs_kvm, require_kvm
from .settings import CASES_FILE, settings

MARKERS = {
    "kernel": "API: the kernel under the cross-call stacks",
    "x2apic": "API: the local APIC",
    "cpu_xcall": "API: OpenBSD's cpu_xcall(9)",
    "xcall": "API: NetBSD's xcall(9)",
    "ipi": "API: NetBSD's ipi(9)",
    "conformance": "kind: what the contract promises",
    "stress": "kind: load, bounded by budget_ms, ops and cap_ms",
    "misuse": "kind: must panic as declared",
    "fault": "kind: with injected faults",
    "bench": "kind: a measurement; runs only when -m or the test's own name says so",
    "contract(id)": "the contract entry a case holds to; --contract selects by it",
    "kvm": "needs /dev/kvm",
    "nested": "needs a QEMU that emulates a host",
    "vmm": "a test of the VMM",
    "tool": "a test of the tools",
}
assert set(APIS + KINDS) <= set(MARKERS)


def pytest_addoption(parser):
    options.add_options(parser)
    campaign.add_options(parser)


def pytest_configure(config):
    for name, meaning in MARKERS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    options.configure(config)
    campaign.configure(config)


def _cpu_model():
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def _kvm_module():
    modules = sorted(path.name for path in Path("/sys/module").glob("kvm_*"))
    return ", ".join(modules) or ("/dev/kvm" if Path("/dev/kvm").exists() else "no KVM")


def pytest_report_header(config):
    chosen = settings(config)
    images = ", ".join(short(image) for image in chosen.images) or f"those of {CASES_FILE}"
    counts = ",".join(str(count) for count in chosen.vcpus)
    return [f"host: {_kvm_module()}, {_cpu_model()}, Linux {platform.release()}",
            f"xcvm: {short(chosen.xcvm)}, images: {images}, vcpus: {counts}, seed: {chosen.seed}",
            *differs.headers(config)]


def pytest_collect_file(file_path, parent):
    if file_path.name == CASES_FILE and campaign.campaign_of(parent.config):
        return campaign.CampaignFile.from_parent(parent, path=file_path)
    if file_path.name == CASES_FILE:
        return CasesFile.from_parent(parent, path=file_path)
    if file_path.suffix == ".elf" and parent.session.isinitpath(file_path):
        return ImageFile.from_parent(parent, path=file_path)
    return None


def _wanted(item, config):
    """Is a case to be run?  Benchmarks only when asked for; contract ids as --contract says."""
    contracts = settings(config).contracts
    if contracts and not contracts & {name.upper() for name in item.case.contract}:
        return False
    if item.case.kind != "bench":
        return True
    return bool(re.search(r"\bbench\b", config.option.markexpr)
                or any(f"::{item.name.partition('[')[0]}" in arg for arg in config.args))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    kept, dropped = [], []
    for item in items:
        if needs_kvm(item.nodeid):
            item.add_marker("kvm")
        if isinstance(item, CaseItem):
            wanted = _wanted(item, config)
        else:
            wanted = not settings(config).contracts
        (kept if wanted else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session):
    """Without xdist, or in a worker of it; only the controller asks for KVM."""
    if not hasattr(session.config, "workerinput"):
        require_kvm(session.config, [item.nodeid for item in session.items])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    node.workerinput[options.WORKER_SEED] = str(settings(node.config).seed)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    """With xdist, in the controller, before the first test is handed out."""
    require_kvm(node.config, ids)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A run's time is what the run itself measured, not the process around it."""
    outcome = yield
    if call.when == "call" and getattr(item, "seconds", None) is not None:
        outcome.get_result().duration = item.seconds


def pytest_report_teststatus(report):
    """With another implementation under test, what differs by decision is counted apart."""
    if differs.differs(report):
        return differs.CATEGORY, "d", "DIFFERS"
    return None


def pytest_terminal_summary(terminalreporter):
    differs.summary(terminalreporter)


@pytest.fixture(scope="session")
def xcvm_settings(pytestconfig):
    """The Settings of this session."""
    return settings(pytestconfig)
