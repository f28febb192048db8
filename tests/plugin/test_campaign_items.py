# SPDX-License-Identifier: ISC
"""Campaigns as test items: alone, over processes, over hosts by ssh."""

import json
import re
import shutil
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from support import ssh
from support.fake import case, ends
from support.xc import XC

pytestmark = pytest.mark.tool

FAILS = ends("fail", "1 check failed")
CASES = [case(f"c{n}", eligible=400, when={"lost": FAILS}) for n in range(5)]
WHAT = ["--campaign-count=20", "--campaign-seed=3", "--campaign-kinds=lost,dup"]
VARIES = ("at", "host", "seconds")


@pytest.fixture(params=[[], ["-n", "2"]], ids=["alone", "xdist"])
def spread(request):
    if request.param:
        pytest.importorskip("xdist")
    return request.param


def rows(path):
    found = [json.loads(line) for line in path.read_text().splitlines()[1:]]
    return sorted(({name: value for name, value in row.items() if name not in VARIES}
                   for row in found), key=lambda row: row["n"])


def test_same_rows_as_xc(fake, spread, pytester, xc):
    """The same draws, judged alike, in a file that xc reads; findings are expected failures."""
    fake.script(*CASES)
    result = fake.run(*WHAT, "--campaign-results=out.jsonl", *spread)
    found = rows(pytester.path / "out.jsonl")
    failed = sum(row["outcome"] == "fail" for row in found)
    assert 0 < failed < 20
    assert result.ret == 0
    result.assert_outcomes(passed=20 - failed, xfailed=failed)
    xc.fake.script(*CASES)
    assert xc.run("fault", "campaign", "--count", "20", "--seed", "3", "--kinds", "lost,dup",
                  "--vcpus", "2", "-o", "out.jsonl", "-q").status == 0
    assert rows(xc.folder / "out.jsonl") == found
    # The tables, but for the command, are those of xc fault report.
    report = xc.run("fault", "report", str(pytester.path / "out.jsonl"))
    assert report.stdout in result.stdout.str() + "\n"


def test_more_with_xc(fake, pytester, xc):
    """What pytest began, xc goes on with."""
    fake.script(*CASES)
    fake.run(*WHAT, "--campaign-results=out.jsonl")
    before = (pytester.path / "out.jsonl").read_text()
    done = xc.run("fault", "campaign", "--resume", str(pytester.path / "out.jsonl"), "--count",
                  "30", "-q")
    assert done.status == 0, done.stderr
    after = (pytester.path / "out.jsonl").read_text()
    assert after.startswith(before)
    assert [row["n"] for row in rows(pytester.path / "out.jsonl")] == list(range(30))


def test_failures(fake, spread):
    """What no fault excuses fails its test, with the whole story and the command."""
    fake.script(case("c0", verdict="fail", reason="1 check failed"))
    result = fake.run("--campaign-count=1", "--campaign-seed=3", "--campaign-kinds=dup", *spread)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert re.search(r"^FAILED .*campaign\[0\] - unprovoked: fail: 1 check failed$", text,
                     re.MULTILINE)
    assert re.search(r"^    build/xcvm --case c0 --vcpus 2 --apic user --fault kind=dup\S* --seed",
                     text, re.MULTILINE)


def test_fail_on(fake):
    fake.script(case("c0", eligible=400, when={"lost": FAILS}))
    what = ["--campaign-count=1", "--campaign-seed=3", "--campaign-kinds=lost"]
    fake.run(*what).assert_outcomes(xfailed=1)
    fake.run(*what, "--campaign-fail-on=fail").assert_outcomes(failed=1)


def test_junit(fake, spread, pytester):
    fake.script(case("c0", eligible=400, when={"lost": FAILS}))
    fake.run("--campaign-count=1", "--campaign-seed=3", "--campaign-kinds=lost",
             "--junitxml=out.xml", *spread)
    test = next(ElementTree.parse(pytester.path / "out.xml").iter("testcase"))
    properties = {p.get("name"): p.get("value") for p in test.iter("property")}
    assert test.get("name") == "campaign[0]"
    assert properties["outcome"] == "fail"
    assert properties["kind"] == "lost"
    assert properties["faults"].startswith("kind=lost,")
    assert properties["host"].endswith(f":{pytester.path}")
    assert json.loads(properties["row"])["n"] == 0


def test_campaign_is_all_there_is(fake, pytester):
    """No path need be given: other tests are not collected, and cases.toml gives no cases."""
    fake.script(*CASES)
    pytester.makepyfile(test_other="def test_it():\n    assert False\n")
    fake.run(*WHAT).assert_outcomes(passed=4, xfailed=16)


@pytest.mark.parametrize("arguments, words", [
    (["--campaign-count=0"], "'0' is too small"),
    (["--campaign-count=1", "--campaign-kinds=loss"], "'loss' is not known"),
    (["--campaign-count=1", "--campaign-kinds=lost", "--campaign-apic=kernel"],
     "KVM's APIC lets nobody in between"),
    (["--campaign-count=1", "--campaign-kinds=lost", "--campaign-cases=x"], "x: "),
    (["--campaign-count=1", "--campaign-kinds=lost", "--campaign-results=cases.toml"],
     "cases.toml: is there already"),
])
def test_refusals(fake, spread, arguments, words):
    fake.script(*CASES)
    result = fake.run(*arguments, *spread)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in result.stderr.str()
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.fixture
def hosts(tmp_path):
    """Two hosts, each with a checkout of its own: what --tx takes, by name."""
    pytest.importorskip("xdist")
    if ssh.missing():
        pytest.skip(f"no {ssh.missing()} here: install Debian's openssh-server")
    root = XC.parents[1]
    (tmp_path / "sshd").mkdir()
    with ssh.Sshd(tmp_path / "sshd") as sshd:
        places = {}
        for name in ("host-a", "host-b"):
            place = tmp_path / name
            shutil.copytree(root / "tests", place / "tests")
            shutil.copytree(root / "tools", place / "tools")
            shutil.copytree(root / "docs", place / "docs")
            for file in ("conftest.py", "pytest.ini"):
                shutil.copy(root / file, place)
            places[place] = (f"--tx=ssh={name}//ssh_config={sshd.config}//python={sys.executable}"
                             f"//chdir={place}")
        yield places


def test_over_ssh(hosts, fake, pytester):
    """Each host runs part of it in its own checkout, and the rows are those of one process."""
    fake.script(*CASES)
    fake.run(*WHAT, "--campaign-results=alone.jsonl")
    for place in hosts:
        shutil.copytree(fake.build, place / "build", ignore=shutil.ignore_patterns("*.log"))
    result = fake.run(*WHAT, "--campaign-results=hosts.jsonl", "-d", *hosts.values())
    result.assert_outcomes(passed=4, xfailed=16)
    assert rows(pytester.path / "hosts.jsonl") == rows(pytester.path / "alone.jsonl")
    ran = [json.loads(line).get("host", "").partition(":")[2]
           for line in (pytester.path / "hosts.jsonl").read_text().splitlines()[1:]]
    assert set(ran) == {str(place) for place in hosts}
    logs = [(place / "build" / "xcguest.elf.log").read_text() for place in hosts]
    assert [log.count("--fault") > 0 for log in logs] == [True, True]


def test_other_image_on_a_host(hosts, fake):
    fake.script(*CASES)
    for place in hosts:
        shutil.copytree(fake.build, place / "build")
        (place / "build" / "xcguest.elf").write_text(fake.image.read_text() + "\n")
    result = fake.run(*WHAT, "-d", *hosts.values())
    assert result.ret != 0
    assert "is another image than the campaign was begun with" in result.stdout.str()
