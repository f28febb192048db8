# SPDX-License-Identifier: ISC
"""Collectors and items: an image's cases, one item per case and vCPU count."""

import tomllib

import pytest
from _pytest._code.code import (ReprEntryNative, ReprExceptionInfo, ReprFileLocation,
                                ReprTraceback)

from xclib.run import run_case, shell
from xclib.table import TableError, list_cases
from xclib.values import VCPUS_LIMIT, short

from .events import event_problems
from .failure import failure_text, headline
from .settings import settings

CASES_FILE = "cases.toml"


class CaseFailed(Exception):
    """A case did not pass; the Result tells all."""

    def __init__(self, result):
        super().__init__(headline(result))
        self.result = result


def _table(config, image):
    """list_cases(), and its failure as a collection error without a traceback."""
    try:
        cases = list_cases(settings(config).xcvm, image)
    except TableError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    return cases


def _check_params(config, tables):
    """Refuse a --param that no case has."""
    known = {name for cases in tables for case in cases for name in case.params}
    for name, _ in settings(config).params:
        if name not in known:
            raise pytest.Collector.CollectError(
                f"--param {name}: no case has this parameter; they have: "
                f"{', '.join(sorted(known)) or 'none'}")


def _items(parent, image, cases, chosen):
    for case in cases:
        for vcpus in case.counts(chosen):
            yield CaseItem.from_parent(parent, name=f"{case.name}[{vcpus}]", image=image, case=case,
                                       vcpus=vcpus)


class CasesFile(pytest.File):
    """cases.toml: a collector per image, or per --image in their place."""

    def _images(self):
        """Yield (name, path, fixed counts)."""
        config = settings(self.config)
        if config.images:
            for image in config.images:
                yield image.stem, image, None
            return
        try:
            tables = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise self.CollectError(f"{self.path}: {error}") from None
        for name, entry in tables.items():
            if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
                raise self.CollectError(f"{self.path}: [{name}] wants image = \"FILE\"")
            if set(entry) - {"image", "vcpus"}:
                raise self.CollectError(f"{self.path}: [{name}] knows image and vcpus only")
            counts = entry.get("vcpus")
            if counts is not None and not (isinstance(counts, list) and counts and all(
                    type(n) is int and 1 <= n <= VCPUS_LIMIT for n in counts)):
                raise self.CollectError(f"{self.path}: [{name}] wants vcpus = [COUNT, ...]")
            yield name, config.build / entry["image"], tuple(counts) if counts else None

    def collect(self):
        images = list(self._images())
        if len({name for name, _, _ in images}) != len(images):
            raise self.CollectError("--image: two images with the same name; run them one by one")
        tables = [_table(self.config, image) for _, image, _ in images]
        _check_params(self.config, tables)
        return [ImageCollector.from_parent(self, name=name, image=image, cases=cases, vcpus=vcpus)
                for (name, image, vcpus), cases in zip(images, tables)]


class ImageCollector(pytest.Collector):
    """One image of cases.toml."""

    def __init__(self, *, image, cases, vcpus, **kwargs):
        super().__init__(**kwargs)
        self.image, self.cases = image, cases
        self.chosen = vcpus or settings(self.config).vcpus

    def collect(self):
        return _items(self, self.image, self.cases, self.chosen)


class ImageFile(pytest.File):
    """An image given on pytest's command line."""

    def collect(self):
        cases = _table(self.config, self.path)
        _check_params(self.config, [cases])
        return _items(self, self.path, cases, settings(self.config).vcpus)


class CaseItem(pytest.Item):
    """One case with one vCPU count: one xcvm process."""

    def __init__(self, *, image, case, vcpus, **kwargs):
        super().__init__(**kwargs)
        self.image, self.case, self.vcpus = image, case, vcpus
        self.seconds = None
        self.add_marker(case.api)
        self.add_marker(case.kind)
        for contract in case.contract:
            self.add_marker(pytest.mark.contract(contract))
        self.extra_keyword_matches.update(case.contract)

    def runtest(self):
        config = settings(self.config)
        params = [(name, value) for name, value in config.params if name in self.case.params]
        result = run_case(short(config.xcvm), short(self.image), self.case.name, self.vcpus,
                          config.seed, config.timeout, params,
                          problems_of=event_problems)
        self.user_properties += self._properties(result, config.seed)
        if not result.problems:
            self.seconds = result.end["seconds"]
        if result.verdict in ("skip", "differs"):
            raise pytest.skip.Exception(result.reason, _use_item_location=True)
        if result.verdict != "pass":
            raise CaseFailed(result)

    def _properties(self, result, seed):
        """What JUnit shows beside the time: plain names and values, which xdist can carry."""
        found = [("api", self.case.api), ("kind", self.case.kind),
                 ("contract", ",".join(self.case.contract)), ("vcpus", self.vcpus), ("seed", seed),
                 ("image", short(self.image)), ("verdict", result.verdict),
                 ("command", shell(result.command))]
        for run in result.report.of("run")[:1]:
            host = run.get("host")
            if isinstance(host, dict):
                found.append(("kvm_module", str(host.get("module"))))
        if isinstance(result.end.get("emulated"), bool):
            found.append(("emulated", str(result.end["emulated"]).lower()))
        for metric in result.report.of("metric"):
            found.append((f"metric_{metric.get('name')}", metric.get("value")))
            if metric.get("unit"):
                found.append((f"metric_{metric.get('name')}_unit", metric["unit"]))
        return found

    def repr_failure(self, excinfo, style=None):
        """The case's own story; a Python traceback only for a mistake of the plugin."""
        if not isinstance(excinfo.value, CaseFailed):
            return super().repr_failure(excinfo, style)
        result = excinfo.value.result
        vcpus = f"{self.vcpus} vCPU{'s' if self.vcpus > 1 else ''}"
        text = failure_text(result, f"{self.case.name} with {vcpus}", settings(self.config).seed)
        return ReprExceptionInfo(
            reprtraceback=ReprTraceback([ReprEntryNative([text + "\n"])], None, "native"),
            reprcrash=ReprFileLocation(short(self.image), 0, headline(result)))

    def reportinfo(self):
        parts = [node.name for node in self.listchain() if isinstance(node, ImageCollector)]
        return self.path, 0, "::".join(parts + [self.name])
