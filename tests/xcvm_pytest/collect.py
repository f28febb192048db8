# SPDX-License-Identifier: ISC
"""Collectors and items: an image's cases, one item per case, vCPU count and APIC."""

import tomllib
from dataclasses import dataclass

import pytest

from xclib.run import run_case, shell
from xclib.table import APIS, KINDS, TableError, list_cases
from xclib.values import VCPUS_LIMIT, short

from .events import event_problems
from .failure import CaseFailed, headline, represent
from .settings import settings


def _table(config, image):
    """list_cases(), and its failure as a collection error without a traceback."""
    try:
        cases = list_cases(settings(config).xcvm, image)
    except TableError as error:
        raise pytest.Collector.CollectError(str(error)) from None
    return cases


def _is_list(value, good):
    return isinstance(value, list) and bool(value) and all(map(good, value))


def _is_count(value):
    return type(value) is int and 1 <= value <= VCPUS_LIMIT


def _check_more(table, entry, cases):
    """What is wrong with an image's table of more items, or None."""
    names = {case.name for case in cases}
    of_names = ("[CASE, ...]", lambda v: isinstance(v, list))
    checks = {
        "vcpus": ("[COUNT, ...]", lambda v: _is_list(v, _is_count)),
        "apis": (f"[API, ...], of {', '.join(APIS)}", lambda v: _is_list(v, APIS.__contains__)),
        "kinds": (f"[KIND, ...], of {', '.join(KINDS)}", lambda v: _is_list(v, KINDS.__contains__)),
        "timeout": ("SECONDS", lambda v: type(v) is int and v > 0),
    }
    optional = {"without": of_names, "only": of_names,
                "apic_ids": ("\"LIST\"", lambda v: isinstance(v, str) and v)}
    if not isinstance(entry, dict) or not set(checks) <= set(entry) <= {*checks, *optional}:
        return f"{table} wants {', '.join(checks)}, and may have {', '.join(optional)}"
    for field, value in entry.items():
        form, good = (checks | optional)[field]
        if not good(value):
            return f"{table} wants {field} = {form}"
    for field in ("without", "only"):
        for name in entry.get(field, ()):
            if name not in names:
                return f"{table}: {field}: there is no case {name!r}"
    return None


def _check_params(config, tables):
    """Refuse a --param that no case has."""
    known = {name for cases in tables for case in cases for name in case.params}
    for name, _ in settings(config).params:
        if name not in known:
            raise pytest.Collector.CollectError(
                f"--param {name}: no case has this parameter; they have: "
                f"{', '.join(sorted(known)) or 'none'}")


@dataclass(frozen=True)
class More:
    """More items, beside those of the command line, for cases that suit; a table in cases.toml."""

    vcpus: tuple
    apis: tuple
    kinds: tuple
    timeout: int
    apic: str | None  # for --apic
    without: tuple = ()
    only: tuple = ()  # empty: all
    apic_ids: str | None = None  # for --apic-ids

    def counts(self, case):
        wanted = (case.api in self.apis and case.kind in self.kinds
                  and case.name not in self.without and (not self.only or case.name in self.only))
        counts = case.counts(self.vcpus) if wanted else []
        # Ids are for so many CPUs, and no other number.
        return [count for count in counts if not self.apic_ids or count in self.vcpus]


# Name of the table: its apic.
MORE = {"large": None, "sizes": None, "kernel": None, "sparse": None, "user": "user"}


def _items(parent, image, cases, chosen, more=()):
    for case in cases:
        # A time limit of the case's own has its reason.
        wanted = {(count, apic, None): None for apic in settings(parent.config).apics or (None,)
                  for count in case.counts(chosen)}
        for extra in more:
            for count in extra.counts(case):
                wanted.setdefault((count, extra.apic, extra.apic_ids),
                                  extra.timeout if case.limit is None else None)
        for (vcpus, apic, apic_ids), timeout in wanted.items():
            name = (f"{case.name}[{vcpus}{'-user' if apic == 'user' else ''}"
                    f"{'-sparse' if apic_ids else ''}]")
            yield CaseItem.from_parent(parent, name=name, image=image, case=case, vcpus=vcpus,
                                       apic=apic, apic_ids=apic_ids, timeout=timeout)


class CasesFile(pytest.File):
    """cases.toml: a collector per image, or per --image in their place."""

    def _images(self):
        """Yield (name, path, fixed counts, {name of a table of more items: table})."""
        config = settings(self.config)
        if config.images:
            for image in config.images:
                yield image.stem, image, None, {}
            return
        try:
            tables = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise self.CollectError(f"{self.path}: {error}") from None
        for name, entry in tables.items():
            if not isinstance(entry, dict) or not isinstance(entry.get("image"), str):
                raise self.CollectError(f"{self.path}: [{name}] wants image = \"FILE\"")
            if set(entry) - {"image", "vcpus", *MORE}:
                raise self.CollectError(
                    f"{self.path}: [{name}] knows image, vcpus, {', '.join(MORE)} only")
            counts = entry.get("vcpus")
            if counts is not None and not _is_list(counts, _is_count):
                raise self.CollectError(f"{self.path}: [{name}] wants vcpus = [COUNT, ...]")
            yield (name, config.build / entry["image"], tuple(counts) if counts else None,
                   {table: entry[table] for table in MORE if table in entry})

    def collect(self):
        images = list(self._images())
        if len({name for name, *_ in images}) != len(images):
            raise self.CollectError("--image: two images with the same name; run them one by one")
        tables = [_table(self.config, image) for _, image, *_ in images]
        _check_params(self.config, tables)
        return [ImageCollector.from_parent(self, name=name, image=image, cases=cases, vcpus=vcpus,
                                           more=self._more(name, more, cases))
                for (name, image, vcpus, more), cases in zip(images, tables)]

    def _more(self, name, tables, cases):
        """What an image's tables add; nothing when --vcpus or --apic says what to run."""
        for table, entry in tables.items():
            wrong = _check_more(table, entry, cases)
            if wrong:
                raise self.CollectError(f"{self.path}: [{name}] {wrong}")
        config = settings(self.config)
        if config.vcpus_given or config.apics:
            return []
        return [More(apic=MORE[table],
                     **{field: tuple(value) if isinstance(value, list) else value
                        for field, value in entry.items()})
                for table, entry in tables.items()]


class ImageCollector(pytest.Collector):
    """One image of cases.toml."""

    def __init__(self, *, image, cases, vcpus, more, **kwargs):
        super().__init__(**kwargs)
        self.image, self.cases, self.more = image, cases, more
        self.chosen = vcpus or settings(self.config).vcpus

    def collect(self):
        return _items(self, self.image, self.cases, self.chosen, self.more)


class ImageFile(pytest.File):
    """An image given on pytest's command line."""

    def collect(self):
        cases = _table(self.config, self.path)
        _check_params(self.config, [cases])
        return _items(self, self.path, cases, settings(self.config).vcpus)


class CaseItem(pytest.Item):
    """One case with one vCPU count and APIC: one xcvm process."""

    def __init__(self, *, image, case, vcpus, apic=None, apic_ids=None, timeout=None, **kwargs):
        super().__init__(**kwargs)
        self.image, self.case, self.vcpus = image, case, vcpus
        self.apic, self.apic_ids, self.timeout = apic, apic_ids, timeout
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
                          config.seed, config.timeout or self.timeout, params,
                          problems_of=event_problems, apic=self.apic, apic_ids=self.apic_ids)
        self.user_properties += self._properties(result, config.seed)
        if not result.problems:
            self.seconds = result.end["seconds"]
        if result.verdict in ("skip", "differs"):
            raise pytest.skip.Exception(result.reason, _use_item_location=True)
        if result.verdict != "pass":
            vcpus = f"{self.vcpus} vCPU{'s' if self.vcpus > 1 else ''}"
            if self.apic:
                vcpus += f" and --apic {self.apic}"
            if self.apic_ids:
                vcpus += f" and --apic-ids {self.apic_ids}"
            raise CaseFailed(result, headline(result), f"{self.case.name} with {vcpus}",
                             config.seed)

    def _properties(self, result, seed):
        """What JUnit shows beside the time: plain names and values, which xdist can carry."""
        found = [("api", self.case.api), ("kind", self.case.kind),
                 ("contract", ",".join(self.case.contract)), ("vcpus", self.vcpus), ("seed", seed),
                 ("image", short(self.image)), ("verdict", result.verdict),
                 ("command", shell(result.command))]
        for run in result.report.of("run")[:1]:
            found.append(("apic", str(run.get("apic"))))
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
        return represent(excinfo, self.image) or super().repr_failure(excinfo, style)

    def reportinfo(self):
        parts = [node.name for node in self.listchain() if isinstance(node, ImageCollector)]
        return self.path, 0, "::".join(parts + [self.name])
