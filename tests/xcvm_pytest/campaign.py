# SPDX-License-Identifier: ISC
"""Campaigns of injected faults as test items, one a draw, so that xdist spreads them over hosts.

The process that was started decides what is drawn from and keeps the rows; its workers get the
header, and give each row back in their reports.
"""

import argparse
import json
import platform
import time
from pathlib import Path

import pytest

from xclib.errors import NoKvm, OptionError, XcError
from xclib.fault import options as opt
from xclib.fault.begin import begin_campaign, space_of
from xclib.fault.command import told
from xclib.fault.draw import APICS, KINDS, draw
from xclib.store import Store
from xclib.fault.trial import FAIL_ON, GOOD, judge
from xclib.place import digest
from xclib.run import shell
from xclib.table import list_cases
from xclib.values import checked, parse_positive, parse_seed, parse_words, short

from .events import event_problems
from .failure import CaseFailed, represent
from .settings import CASES_FILE, settings

NAME = "xcvm_campaign"
WORKER_HEADER = "xcvm_campaign"  # in the input of xdist's workers, as JSON
ROW = "row"  # the property of a report that holds the row, as JSON


def add_options(parser):
    group = parser.getgroup("xcvm campaign", "campaigns of injected faults in place of the cases")
    group.addoption("--campaign-count", type=checked(parse_positive), metavar="N",
                    help="run the first N draws of a seed, each as a test")
    group.addoption("--campaign-seed", type=checked(parse_seed), metavar="N",
                    help="seed of the draws (default: that of --seed)")
    group.addoption("--campaign-cases", metavar="GLOB", action="append",
                    help="cases to draw from; repeatable")
    group.addoption("--campaign-kinds", type=checked(parse_words(KINDS)), metavar="LIST",
                    help="kinds of fault to draw from")
    group.addoption("--campaign-apic", type=checked(parse_words(APICS)), metavar="LIST",
                    help="APICs to draw from")
    group.addoption("--campaign-fail-on", type=checked(opt.parse_fail_on), metavar="LIST",
                    default=FAIL_ON, help="outcomes that fail a test; the other findings are "
                    f"expected failures (default: {','.join(FAIL_ON)})")
    group.addoption("--campaign-results", metavar="FILE",
                    help="keep the rows in this file, for xc fault report")


def configure(config):
    """Register the Campaign if there is to be one."""
    if config.option.campaign_count is None:
        return
    try:
        campaign = Campaign(config)
    except XcError as error:
        raise pytest.UsageError(str(error)) from None
    config.pluginmanager.register(campaign, NAME)


def campaign_of(config):
    """The Campaign, or None."""
    return config.pluginmanager.get_plugin(NAME)


def _begin(config):
    """The header, decided here."""
    option, chosen = config.option, settings(config)
    if len(chosen.images) > 1:
        raise OptionError("--image: a campaign is over one image")
    image = chosen.images[0] if chosen.images else chosen.build / "xcguest.elf"
    params = {}
    for name, value in chosen.params:
        params.setdefault(name, []).append(value)
    header = begin_campaign(argparse.Namespace(
        time=None, count=option.campaign_count, kinds=option.campaign_kinds,
        apic=option.campaign_apic, cases=option.campaign_cases, functions=None,
        seed=chosen.seed if option.campaign_seed is None else option.campaign_seed,
        timeout=chosen.timeout, vcpus=chosen.vcpus,
        param=[(name, tuple(values)) for name, values in params.items()]), chosen.xcvm, image)
    return {"tool": "campaign", "xcvm": str(chosen.xcvm), "xcvm_sha256": digest(chosen.xcvm),
            "image": str(image), "image_sha256": digest(image), **header}


class Campaign:
    """What a process knows of the campaign; the one that was started also keeps the rows."""

    def __init__(self, config):
        self.config, self.rows, self.store = config, [], None
        self.began = time.monotonic()
        self.fail_on = config.option.campaign_fail_on
        given = getattr(config, "workerinput", {}).get(WORKER_HEADER)
        if given is not None:
            self.header = json.loads(given)
            return
        self.header = _begin(config)
        if config.option.campaign_results and not config.option.collectonly:
            path = config.invocation_params.dir / config.option.campaign_results
            self.store = Store.create(str(path), self.header)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        node.workerinput[WORKER_HEADER] = json.dumps(self.header)

    def pytest_ignore_collect(self, collection_path):
        """A campaign is all there is; so no path need be given, and xdist hands none to hosts."""
        if collection_path.is_file() and collection_path.name != CASES_FILE:
            return True
        return None

    def pytest_report_header(self):
        return (f"campaign: seed {self.header['seed']}, {self.header['count']} runs, kinds "
                f"{','.join(self.header['kinds'])}, apic {','.join(self.header['apics'])}")

    def pytest_runtest_logreport(self, report):
        rows = [value for name, value in report.user_properties if name == ROW]
        if report.when != "call" or hasattr(self.config, "workerinput") or not rows:
            return
        row = {**json.loads(rows[0]), "at": round(time.monotonic() - self.began, 3)}
        self.rows.append(row)
        if self.store:
            self.store.add(row)

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.section("fault campaign")
        for line in told(self.header, self.rows, self.fail_on):
            terminalreporter.write_line(line)

    def pytest_unconfigure(self):
        if self.store:
            self.store.close()
            self.store = None


class CampaignFile(pytest.File):
    """cases.toml, when it stands for a campaign: an item for each draw."""

    def collect(self):
        header = campaign_of(self.config).header
        chosen = settings(self.config)
        image = chosen.images[0] if chosen.images else chosen.build / Path(header["image"]).name
        try:
            cases, found = list_cases(chosen.xcvm, image), digest(image)
        except XcError as error:
            raise self.CollectError(str(error)) from None
        if found != header["image_sha256"]:
            raise self.CollectError(
                f"{platform.node()}: {image} is another image than the campaign was begun with: "
                "build both from the same source with the same compiler, or copy it")
        space = space_of(header, cases)
        return [CampaignItem.from_parent(self, name=f"campaign[{n}]", n=n, space=space, image=image)
                for n in range(header["count"])]


class CampaignItem(pytest.Item):
    """One draw: one xcvm process."""

    def __init__(self, *, n, space, image, **kwargs):
        super().__init__(**kwargs)
        self.n, self.space, self.image = n, space, image
        self.seconds = None
        self.add_marker("fault")

    def runtest(self):
        trial = draw(self.space, self.n)
        result = trial.start(short(settings(self.config).xcvm), short(self.image),
                             event_problems).finish()
        try:
            row = judge(trial, result)
        except NoKvm as error:
            pytest.fail(f"{platform.node()}: {error}", pytrace=False)
        row = {"n": self.n, **row, "host": f"{platform.node()}:{self.config.rootpath}"}
        self.seconds = row["seconds"]
        self.user_properties += [
            *((name, row[name]) for name in ("kind", "case", "vcpus", "apic", "seed", "outcome",
                                             "diagnosis", "injected", "host")),
            ("faults", " ".join(row["faults"])), ("command", shell(row["command"])),
            (ROW, json.dumps(row))]
        said = f"{row['outcome']}: {row['reason']}" if row["reason"] else row["outcome"]
        if row["outcome"] in campaign_of(self.config).fail_on:
            what = f"{trial.case}[{trial.vcpus}] {' '.join(trial.faults)}"
            raise CaseFailed(result, said, what, trial.seed)
        if row["outcome"] not in GOOD:
            pytest.xfail(said)
        if row["outcome"] != "pass":
            raise pytest.skip.Exception(row["reason"], _use_item_location=True)

    def repr_failure(self, excinfo, style=None):
        return represent(excinfo, self.image) or super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, 0, self.name
