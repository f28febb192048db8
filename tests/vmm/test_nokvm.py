# SPDX-License-Identifier: ISC
"""Without a usable /dev/kvm: what still works, and the words for what does not."""

import os

import pytest

from support.namespace import hide_kvm
from support.runner import Xcvm
from xcvm_pytest.events import parse_report

pytestmark = pytest.mark.vmm

WORDS = {"missing": ["/dev/kvm", "does not exist", "check-nested"],
         "forbidden": ["/dev/kvm", "Permission denied", "check-nested"],
         "no_kvm": ["/dev/kvm", "does not answer as KVM", "check-nested"]}


@pytest.fixture(params=WORDS)
def blind(request, xcvm_path, tmp_path):
    """(how, start): start(arguments...) runs xcvm with /dev/kvm hidden that way."""
    if hide_kvm(request.param, ["true"]) is None:
        pytest.skip("mount namespaces are not available here: run as root, or allow user "
                    "namespaces (sysctl kernel.unprivileged_userns_clone=1)")

    def start(*arguments):
        first, *rest = hide_kvm(request.param, [xcvm_path, *arguments])
        return Xcvm(first, tmp_path).run(*rest)
    return request.param, start


def test_nokvm(blind, liar_image):
    how, start = blind
    done = start(liar_image)
    assert done.status == 6, done
    for word in WORDS[how]:
        assert word in done.stderr + done.stdout


def test_nokvm_each_is_told_once(blind, liar_image):
    how, start = blind
    done = start("--each", liar_image)
    assert done.status == 6, done
    assert (done.stdout + done.stderr).count(WORDS[how][1]) == 1


def test_nokvm_report(blind, liar_image, tmp_path):
    """A report, if there is one, is whole and says nokvm."""
    _, start = blind
    path = tmp_path / "events"
    done = start("--events", path, liar_image)
    assert done.status == 6
    report = parse_report(path.read_bytes() if os.path.exists(path) else b"")
    assert report.problems == []
    if report.events:
        assert (report.events[-1]["event"], report.events[-1]["verdict"]) == ("end", "nokvm")


def test_list_needs_no_kvm(blind, liar_image):
    done = blind[1]("--list", liar_image)
    assert (done.status, done.stderr) == (0, "")
    assert '"smoke"' in done.stdout


def test_help_needs_no_kvm(blind):
    assert blind[1]("--help").status == 0
