# SPDX-License-Identifier: ISC
"""The rules by which mistakes are made: sequential ones, and those of concurrency.  Pure.

A rule is a generator over a Source: (start, end, text) for each place that it can change.
"""

import re
from dataclasses import dataclass

SEQUENTIAL, CONCURRENCY = {}, {}
LEVELS = ("IPL_NONE", "IPL_SOFTCLOCK", "IPL_SOFTBIO", "IPL_SOFTNET", "IPL_SOFTSERIAL", "IPL_VM",
          "IPL_SCHED", "IPL_HIGH")
TAKES = re.compile(r"(mutex|mtx)(_spin)?_enter|.*_lock|spl(raise|high|soft\w+|vm|sched)|"
                   r"kpreempt_disable|intr_disable|critical_enter")
DROPS = re.compile(r"(mutex|mtx)(_spin)?_exit|mtx_leave|.*_unlock|splx|kpreempt_enable|"
                   r"intr_restore|critical_exit")
BARRIER = re.compile(r"membar_\w+|smp_\w*mb|__insn_barrier")
ASSERTION = re.compile(r"K?ASSERT(MSG)?|KDASSERT|XCVM_ASSERT|_Static_assert|panic|printf")
# What an atomic operation is without its lock: {0} and {1} are its arguments.
PLAIN = {
    "atomic_or": "(*({0}) |= ({1}))", "atomic_and": "(*({0}) &= ({1}))",
    "atomic_add": "(*({0}) += ({1}))", "atomic_inc": "(++*({0}))", "atomic_dec": "(--*({0}))",
    "atomic_store": "(*({0}) = ({1}))",
}


@dataclass(frozen=True)
class Mistake:
    """One change of a file."""
    file: str
    rule: str
    start: int
    end: int
    new: str
    line: int
    function: str
    old: str

    @property
    def concurrent(self):
        return self.rule in CONCURRENCY

    def apply(self, text):
        """The file with the mistake; every line stays where it is."""
        old = text[self.start:self.end]
        new = self.new + "\n" * (old.count("\n") - self.new.count("\n"))
        return text[:self.start] + new + text[self.end:]

    @property
    def change(self):
        return " -> ".join(" ".join(text.split()) or "nothing" for text in (self.old, self.new))


def _rule(table):
    def keep(function):
        table[function.__name__] = function
        return function
    return keep


sequential, concurrency = _rule(SEQUENTIAL), _rule(CONCURRENCY)


def _code(source):
    """Indices of tokens inside functions, outside assertions."""
    for _, first, last in source.functions:
        at = first + 1
        while at < last:
            token = source.tokens[at]
            if ASSERTION.fullmatch(token.text) and source.tokens[at + 1].text == "(":
                at = source.partner.get(at + 1, at + 1) + 1
                continue
            yield at
            at += 1


def _called(source, at):
    """(name, [(first, last) of each argument]) of a call whose name stands there, or None."""
    tokens = source.tokens
    if tokens[at].kind != "name" or at + 1 not in source.partner or tokens[at + 1].text != "(":
        return None
    end, arguments, first, depth = source.partner[at + 1], [], at + 2, at + 2
    while depth < end:
        if tokens[depth].text == ",":
            arguments.append((first, depth - 1))
            first = depth + 1
        depth = source.partner[depth] + 1 if tokens[depth].text in "([{" \
            and depth in source.partner else depth + 1
    if first < end:
        arguments.append((first, end - 1))
    return tokens[at].text, arguments


def _statement_call(source, statement):
    """The name of the function that a statement calls, or None."""
    name = source.tokens[statement.first]
    for at in range(statement.first, statement.last):
        if source.tokens[at].text == "=" and at + 1 < statement.last:
            name = source.tokens[at + 1]
            break
        if source.tokens[at].text == "(":
            break
    return name.text if name.kind == "name" else None


def _ours(source):
    """The statements that are no assertion and no barrier."""
    return [statement for statement in source.statements
            if not ASSERTION.fullmatch(source.tokens[statement.first].text)]


def _conditions(source, *words):
    """(first, last) of what stands in the brackets behind if or while."""
    for at in _code(source):
        if source.tokens[at].text in words and at + 1 in source.partner \
                and source.tokens[at + 1].text == "(":
            yield at + 2, source.partner[at + 1] - 1


# ---- sequential ---------------------------------------------------------------------------------

@sequential
def drop_statement(source):
    for statement in _ours(source):
        name = _statement_call(source, statement)
        if name and (BARRIER.fullmatch(name) or TAKES.fullmatch(name) or DROPS.fullmatch(name)):
            continue
        yield *source.span(statement.first, statement.last), ";" if statement.sole else ""


@sequential
def swap_statements(source):
    ours = _ours(source)
    for one, other in zip(ours, ours[1:]):
        if one.last + 1 == other.first and not one.sole:
            yield (*source.span(one.first, other.last),
                   source.piece(other.first, other.last) + " " + source.piece(one.first, one.last))


@sequential
def return_value(source):
    for at in _code(source):
        if source.tokens[at].text == "return" and source.tokens[at + 1].text == "(":
            first, last = at + 2, source.partner[at + 1] - 1
            text = source.piece(first, last)
            yield *source.span(first, last), {"0": "1", "1": "0", "true": "false",
                                              "false": "true"}.get(text, "0")


@sequential
def loop_end(source):
    """A loop that stops before its last turn, or begins after its first."""
    for at in _code(source):
        if source.tokens[at].text != "for" or source.tokens[at + 1].text != "(":
            continue
        end, parts, here = source.partner[at + 1], [at + 1], at + 2
        while here < end:
            if source.tokens[here].text == ";":
                parts.append(here)
            here += 1
        if len(parts) == 3 and parts[1] > parts[0] + 1 and parts[2] > parts[1] + 1:
            initial = source.piece(parts[0] + 1, parts[1] - 1)
            if initial.endswith("= 0"):
                yield *source.span(parts[0] + 1, parts[1] - 1), initial[:-1] + "1"


@sequential
def off_by_one(source):
    for at in _code(source):
        token = source.tokens[at]
        digits = token.text.rstrip("uUlL")
        if token.kind == "number" and digits.isdecimal() and len(digits) < 10:
            suffix = token.text[len(digits):]
            yield token.start, token.end, f"{int(digits) + 1}{suffix}"
            if int(digits) > 0:
                yield token.start, token.end, f"{int(digits) - 1}{suffix}"


@sequential
def bound(source):
    other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    for at in _code(source):
        token = source.tokens[at]
        if token.kind == "mark" and token.text in other:
            yield token.start, token.end, other[token.text]


@sequential
def operator(source):
    other = {"+": ["-"], "|": ["&"], "<<": [">>"], ">>": ["<<"], "+=": ["-="], "-=": ["+="],
             "|=": ["=", "&="], "&=": ["|="], "++": ["--"], "--": ["++"], "%": ["/"],
             "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "^": ["|"]}
    for at in _code(source):
        token = source.tokens[at]
        before = source.tokens[at - 1]
        if token.kind != "mark" or token.text not in other:
            continue
        if token.text in "+" and not (before.kind in ("name", "number") or before.text in ")]"):
            continue
        for text in other[token.text]:
            yield token.start, token.end, text


@sequential
def negate_condition(source):
    for first, last in _conditions(source, "if", "while"):
        yield *source.span(first, last), f"!({source.piece(first, last)})"


@sequential
def fixed_condition(source):
    for first, last in _conditions(source, "if"):
        for value in ("0", "1"):
            yield *source.span(first, last), value


@sequential
def half_condition(source):
    for first, last in _conditions(source, "if", "while"):
        at, cuts = first, []
        while at <= last:
            text = source.tokens[at].text
            if text in ("&&", "||"):
                cuts.append(at)
            at = source.partner[at] + 1 if text in "([{" and at in source.partner else at + 1
        for cut in cuts:
            yield *source.span(first, last), source.piece(first, cut - 1)
            yield *source.span(first, last), source.piece(cut + 1, last)


@sequential
def width(source):
    narrow = {"uint64_t": "uint32_t", "uint32_t": "uint16_t", "int64_t": "int32_t",
              "u_long": "u_int", "size_t": "uint32_t", "uintptr_t": "uint32_t"}
    for at in _code(source):
        token = source.tokens[at]
        if token.text in narrow:
            yield token.start, token.end, narrow[token.text]
        elif token.kind == "number" and token.text.lower().endswith("ull"):
            yield token.start, token.end, token.text[:-2]


@sequential
def first_place_only(source):
    """An index is 0, whatever it was: one word, one slot, one queue for all."""
    for at in _code(source):
        if source.tokens[at].text == "[" and at in source.partner \
                and source.tokens[at - 1].kind in ("name", "mark") \
                and source.partner[at] > at + 1 and source.tokens[at + 1].text != "0":
            yield *source.span(at + 1, source.partner[at] - 1), "0"


@sequential
def other_argument(source):
    """Two arguments of a call change places."""
    for at in _code(source):
        call = _called(source, at)
        if call is None or len(call[1]) < 2 or source.tokens[at].text in ("if", "while", "for"):
            continue
        for one, other in zip(call[1], call[1][1:]):
            yield (source.span(*one)[0], source.span(*other)[1],
                   f"{source.piece(*other)}, {source.piece(*one)}")


# ---- concurrency --------------------------------------------------------------------------------

@concurrency
def drop_barrier(source):
    for statement in source.statements:
        name = _statement_call(source, statement)
        if name and BARRIER.fullmatch(name):
            yield *source.span(statement.first, statement.last), ";" if statement.sole else ""


@concurrency
def drop_lock(source):
    """A lock, a level or a disabled preemption that is not taken, or not given back."""
    for statement in source.statements:
        name = _statement_call(source, statement)
        if name and (TAKES.fullmatch(name) or DROPS.fullmatch(name)):
            yield *source.span(statement.first, statement.last), ";" if statement.sole else ""


def _moved(source, pattern, later):
    """A call that matches changes places with the statement behind it, or before it."""
    for one, other in zip(source.statements, source.statements[1:]):
        call = one if later else other
        name = _statement_call(source, call)
        if one.last + 1 == other.first and not one.sole and name and pattern.fullmatch(name):
            yield (*source.span(one.first, other.last),
                   source.piece(other.first, other.last) + " " + source.piece(one.first, one.last))


@concurrency
def lock_later(source):
    yield from _moved(source, TAKES, True)


@concurrency
def unlock_earlier(source):
    yield from _moved(source, DROPS, False)


@concurrency
def barrier_moved(source):
    yield from _moved(source, BARRIER, True)
    yield from _moved(source, BARRIER, False)


@concurrency
def other_level(source):
    for at in _code(source):
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


@concurrency
def flag_moved(source):
    for one, other in zip(source.statements, source.statements[1:]):
        if one.last + 1 == other.first and not one.sole \
                and (_flag(source, one) or _flag(source, other)):
            yield (*source.span(one.first, other.last),
                   source.piece(other.first, other.last) + " " + source.piece(one.first, one.last))


@concurrency
def plain_for_atomic(source):
    for at in _code(source):
        call = _called(source, at)
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


@concurrency
def wake_one(source):
    other = {"cv_broadcast": "cv_signal", "wakeup": "wakeup_one"}
    for at in _code(source):
        token = source.tokens[at]
        if token.text in other and source.tokens[at + 1].text == "(":
            yield token.start, token.end, other[token.text]


@concurrency
def wait_once(source):
    """The condition of a wait is looked at once, not again after it."""
    for at in _code(source):
        if source.tokens[at].text == "while" and source.tokens[at + 1].text == "(":
            end = source.partner.get(at + 1)
            if end is not None and source.tokens[end + 1].text != ";":
                yield source.tokens[at].start, source.tokens[at].end, "if"


# Those of concurrency first: what both can make is theirs.
RULES = {**CONCURRENCY, **SEQUENTIAL}


def mistakes(file, source):
    """Every mistake that the rules can make in a file, each text of the file once."""
    seen = {source.text}
    for name, rule in RULES.items():
        for start, end, new in rule(source):
            token = next(at for at, token in enumerate(source.tokens) if token.start >= start)
            mistake = Mistake(file, name, start, end, new, source.line(start),
                              source.inside(token) or "?", source.text[start:end])
            text = mistake.apply(source.text)
            if text not in seen:
                seen.add(text)
                yield mistake
