# SPDX-License-Identifier: ISC
"""Mistakes of concurrency: locks, levels, flags, order, atomic operations.  Pure.

A rule is a generator over a Source: (start, end, text) for each place that it can change.
"""

from .places import BARRIER, DROPS, TAKES, called, code, statement_call

RULES = {}
LEVELS = ("IPL_NONE", "IPL_SOFTCLOCK", "IPL_SOFTBIO", "IPL_SOFTNET", "IPL_SOFTSERIAL", "IPL_VM",
          "IPL_SCHED", "IPL_HIGH")
# What an atomic operation is without its lock: {0} and {1} are its arguments.
PLAIN = {
    "atomic_or": "(*({0}) |= ({1}))", "atomic_and": "(*({0}) &= ({1}))",
    "atomic_add": "(*({0}) += ({1}))", "atomic_inc": "(++*({0}))", "atomic_dec": "(--*({0}))",
    "atomic_store": "(*({0}) = ({1}))",
}


def keep(rule):
    RULES[rule.__name__] = rule
    return rule


@keep
def drop_barrier(source):
    for statement in source.statements:
        name = statement_call(source, statement)
        if name and BARRIER.fullmatch(name):
            yield *source.span(statement.first, statement.last), ";" if statement.sole else ""


@keep
def drop_lock(source):
    """A lock, a level or a disabled preemption that is not taken, or not given back."""
    for statement in source.statements:
        name = statement_call(source, statement)
        if name and (TAKES.fullmatch(name) or DROPS.fullmatch(name)):
            yield *source.span(statement.first, statement.last), ";" if statement.sole else ""


def _moved(source, pattern, later):
    """A call that matches changes places with the statement behind it, or before it."""
    for one, other in zip(source.statements, source.statements[1:]):
        call = one if later else other
        name = statement_call(source, call)
        if one.last + 1 == other.first and not one.sole and name and pattern.fullmatch(name):
            yield (*source.span(one.first, other.last),
                   source.piece(other.first, other.last) + " " + source.piece(one.first, one.last))


@keep
def lock_later(source):
    yield from _moved(source, TAKES, True)


@keep
def unlock_earlier(source):
    yield from _moved(source, DROPS, False)


@keep
def barrier_moved(source):
    yield from _moved(source, BARRIER, True)
    yield from _moved(source, BARRIER, False)


@keep
def other_level(source):
    for at in code(source):
        token = source.tokens[at]
        if token.text in LEVELS:
            number = LEVELS.index(token.text)
            for near in (number - 1, number + 1):
                if 0 <= near < len(LEVELS):
                    yield token.start, token.end, LEVELS[near]
        elif token.text in ("splsoftclock", "splsoftserial", "splhigh", "splsched", "splvm"):
            names = ("splsoftclock", "splsoftserial", "splvm", "splsched", "splhigh")
            number = names.index(token.text)
            for near in (number - 1, number + 1):
                if 0 <= near < len(names):
                    yield token.start, token.end, names[near]


def _flag(source, statement):
    """Does it clear or set a member: `x->y = 0`, NULL, false, true?"""
    last = source.tokens[statement.last - 1]
    return (source.tokens[statement.last - 2].text == "="
            and last.text in ("0", "NULL", "false", "true", "1")
            and any(source.tokens[at].text in ("->", ".", "*", "[")
                    for at in range(statement.first, statement.last)))


@keep
def flag_moved(source):
    for one, other in zip(source.statements, source.statements[1:]):
        if one.last + 1 == other.first and not one.sole \
                and (_flag(source, one) or _flag(source, other)):
            yield (*source.span(one.first, other.last),
                   source.piece(other.first, other.last) + " " + source.piece(one.first, one.last))


@keep
def plain_for_atomic(source):
    for at in code(source):
        call = called(source, at)
        if call is None or not call[0].startswith("atomic_"):
            continue
        for prefix, form in PLAIN.items():
            if call[0].startswith(prefix) and form.count("{") <= len(call[1]):
                end = source.partner[at + 1]
                yield (*source.span(at, end),
                       form.format(*(source.piece(*argument) for argument in call[1])))
        if call[0].startswith("atomic_cas") and len(call[1]) == 3:
            one, two, three = (source.piece(*argument) for argument in call[1])
            yield (*source.span(at, source.partner[at + 1]),
                   f"(*({one}) == ({two}) ? (*({one}) = ({three}), ({two})) : *({one}))")
        if call[0].startswith("atomic_swap") and len(call[1]) == 2:
            one, two = (source.piece(*argument) for argument in call[1])
            yield (*source.span(at, source.partner[at + 1]),
                   f"({{ __typeof__(*({one})) _was = *({one}); *({one}) = ({two}); _was; }})")


@keep
def wake_one(source):
    other = {"cv_broadcast": "cv_signal", "wakeup": "wakeup_one"}
    for at in code(source):
        token = source.tokens[at]
        if token.text in other and source.tokens[at + 1].text == "(":
            yield token.start, token.end, other[token.text]


@keep
def wait_once(source):
    """The condition of a wait is looked at once, not again after it."""
    for at in code(source):
        if source.tokens[at].text == "while" and source.tokens[at + 1].text == "(":
            end = source.partner.get(at + 1)
            if end is not None and source.tokens[end + 1].text != ";":
                yield source.tokens[at].start, source.tokens[at].end, "if"
