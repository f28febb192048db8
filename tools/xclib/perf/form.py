# SPDX-License-Identifier: ISC
"""The form of a result file, checked without a library; docs/perf.schema.json is the same.

A form is a function of a value and where it stands, which raises FormError.
"""

from .histogram import INDEX_LIMIT, Histogram, index_of

U64 = 2 ** 64


class FormError(Exception):
    """The text says where, and what is wrong there."""


def text(value, where):
    if not isinstance(value, str):
        raise FormError(f"{where}: {value!r:.60} is no text")


def flag(value, where):
    if not isinstance(value, bool):
        raise FormError(f"{where}: {value!r:.60} is neither true nor false")


def number(value, where):
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise FormError(f"{where}: {value!r:.60} is no number from 0 up")


def whole(value, where, least=0, limit=U64):
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value < limit:
        raise FormError(f"{where}: {value!r:.60} is no whole number from {least} "
                        f"to {limit - 1}")


def positive(value, where):
    whole(value, where, 1)


def or_null(form):
    return lambda value, where: None if value is None else form(value, where)


def several(form, least=0):
    def check(value, where):
        if not isinstance(value, list):
            raise FormError(f"{where}: no list")
        if len(value) < least:
            raise FormError(f"{where}: empty")
        for at, one in enumerate(value):
            form(one, f"{where}[{at}]")
    return check


def named(form):
    """An object from any name to one form."""
    def check(value, where):
        if not isinstance(value, dict):
            raise FormError(f"{where}: no object")
        for name, one in value.items():
            form(one, f"{where}.{name}")
    return check


def record(**forms):
    """An object with these members, and perhaps others."""
    def check(value, where):
        if not isinstance(value, dict):
            raise FormError(f"{where or 'the file'}: no object")
        for name, form in forms.items():
            at = f"{where}.{name}" if where else name
            if name not in value:
                raise FormError(f"{at}: is missing")
            form(value[name], at)
    return check


def statistic(value, where):
    several(whole)(value, where) if isinstance(value, list) else whole(value, where)


def bucket(value, where):
    several(whole)(value, where)
    if len(value) != 2 or value[0] >= INDEX_LIMIT or value[1] < 1:
        raise FormError(f"{where}: a bucket is an index below {INDEX_LIMIT} and a count from 1 up")


_histogram = record(phase=text, cpu=whole, target=or_null(whole), count=positive, min=whole,
                    max=whole, buckets=several(bucket, 1))


def histogram(value, where):
    """Its members, and that they agree."""
    _histogram(value, where)
    buckets = value["buckets"]
    if any(one[0] >= other[0] for one, other in zip(buckets, buckets[1:])):
        raise FormError(f"{where}.buckets: their indexes do not go up")
    if Histogram(buckets).count != value["count"]:
        raise FormError(f"{where}.count: {value['count']}, but its buckets hold "
                        f"{Histogram(buckets).count}")
    for name, at in (("min", 0), ("max", -1)):
        if index_of(value[name]) != buckets[at][0]:
            raise FormError(f"{where}.{name}: {value[name]} is not in the bucket where it must be")


PARAMS = named(whole)
IMPLEMENTATION = record(api=text, path=text, sha256=text, foreign=flag)
HOST = record(module=text, params=named(text), cpu=text, cpus=positive, kernel=text,
              governor=or_null(text), smt=or_null(flag))
CONTEXT = record(
    date=text, seconds=number, xcvm=text, xcvm_sha256=text, abi=positive, image=text,
    image_sha256=text, build_id=text, implementations=several(IMPLEMENTATION), host=HOST,
    isolated=or_null(text), tsc_khz=or_null(positive),
    load=record(before=number, after=number), stolen_s=or_null(number),
    emulated=or_null(flag), insn_cycles=or_null(positive), apic=text, pin=text,
    fence=or_null(flag), budget_ms=or_null(positive), repetitions=positive, seed=whole,
    session=text)
SECTION = record(
    name=text, operations=whole, elapsed_ns=whole, user_exits=several(whole),
    stats=or_null(record(vm=named(statistic), vcpus=several(named(statistic)))))
REPETITION = record(
    seed=whole, seconds=number, insn_cycles=or_null(positive), histograms=several(histogram, 1),
    sections=several(SECTION), metrics=several(record(name=text, value=whole, unit=text)))
MEASUREMENT = record(
    case=text, api=text, doc=text, vcpus=positive, pin=several(whole), params=PARAMS, given=PARAMS,
    command=several(text, 1), repetitions=several(REPETITION, 1))
MISSING = record(case=text, vcpus=positive, given=PARAMS, verdict=text, reason=text,
                 command=several(text, 1))
RESULT = record(context=CONTEXT, measurements=several(MEASUREMENT), missing=several(MISSING))
