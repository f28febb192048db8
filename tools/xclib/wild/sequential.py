# SPDX-License-Identifier: ISC
"""Mistakes of anybody: statements, conditions, constants, widths, places.  Pure.

A rule is a generator over a Source: (start, end, text) for each place that it can change.
"""

from .places import (BARRIER, DROPS, TAKES, called, code, conditions, our_statements,
                     statement_call)

RULES = {}


def keep(rule):
    RULES[rule.__name__] = rule
    return rule


@keep
def drop_statement(source):
    for statement in our_statements(source):
        name = statement_call(source, statement)
        if name and (BARRIER.fullmatch(name) or TAKES.fullmatch(name) or DROPS.fullmatch(name)):
            continue
        yield *source.span(statement.first, statement.last), ";" if statement.sole else ""


@keep
def swap_statements(source):
    ours = our_statements(source)
    for one, other in zip(ours, ours[1:]):
        if one.last + 1 == other.first and not one.sole:
            yield (*source.span(one.first, other.last),
                   source.piece(other.first, other.last) + " " + source.piece(one.first, one.last))


@keep
def return_value(source):
    for at in code(source):
        if source.tokens[at].text == "return" and source.tokens[at + 1].text == "(":
            first, last = at + 2, source.partner[at + 1] - 1
            text = source.piece(first, last)
            yield *source.span(first, last), {"0": "1", "1": "0", "true": "false",
                                              "false": "true"}.get(text, "0")


@keep
def loop_end(source):
    """A loop that stops before its last turn, or begins after its first."""
    for at in code(source):
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


@keep
def off_by_one(source):
    for at in code(source):
        token = source.tokens[at]
        digits = token.text.rstrip("uUlL")
        if token.kind == "number" and digits.isdecimal() and len(digits) < 10:
            suffix = token.text[len(digits):]
            yield token.start, token.end, f"{int(digits) + 1}{suffix}"
            if int(digits) > 0:
                yield token.start, token.end, f"{int(digits) - 1}{suffix}"


@keep
def bound(source):
    other = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
    for at in code(source):
        token = source.tokens[at]
        if token.kind == "mark" and token.text in other:
            yield token.start, token.end, other[token.text]


@keep
def operator(source):
    other = {"+": ["-"], "|": ["&"], "<<": [">>"], ">>": ["<<"], "+=": ["-="], "-=": ["+="],
             "|=": ["=", "&="], "&=": ["|="], "++": ["--"], "--": ["++"], "%": ["/"],
             "==": ["!="], "!=": ["=="], "&&": ["||"], "||": ["&&"], "^": ["|"]}
    for at in code(source):
        token = source.tokens[at]
        before = source.tokens[at - 1]
        if token.kind != "mark" or token.text not in other:
            continue
        if token.text in "+" and not (before.kind in ("name", "number") or before.text in ")]"):
            continue
        for text in other[token.text]:
            yield token.start, token.end, text


@keep
def negate_condition(source):
    for first, last in conditions(source, "if", "while"):
        yield *source.span(first, last), f"!({source.piece(first, last)})"


@keep
def fixed_condition(source):
    for first, last in conditions(source, "if"):
        for value in ("0", "1"):
            yield *source.span(first, last), value


@keep
def half_condition(source):
    for first, last in conditions(source, "if", "while"):
        at, cuts = first, []
        while at <= last:
            text = source.tokens[at].text
            if text in ("&&", "||"):
                cuts.append(at)
            at = source.partner[at] + 1 if text in "([{" and at in source.partner else at + 1
        for cut in cuts:
            yield *source.span(first, last), source.piece(first, cut - 1)
            yield *source.span(first, last), source.piece(cut + 1, last)


@keep
def width(source):
    narrow = {"uint64_t": "uint32_t", "uint32_t": "uint16_t", "int64_t": "int32_t",
              "u_long": "u_int", "size_t": "uint32_t", "uintptr_t": "uint32_t"}
    for at in code(source):
        token = source.tokens[at]
        if token.text in narrow:
            yield token.start, token.end, narrow[token.text]
        elif token.kind == "number" and token.text.lower().endswith("ull"):
            yield token.start, token.end, token.text[:-2]


@keep
def first_place_only(source):
    """An index is 0, whatever it was: one word, one slot, one queue for all."""
    for at in code(source):
        if source.tokens[at].text == "[" and at in source.partner \
                and source.tokens[at - 1].kind in ("name", "mark") \
                and source.partner[at] > at + 1 and source.tokens[at + 1].text != "0":
            yield *source.span(at + 1, source.partner[at] - 1), "0"


@keep
def other_argument(source):
    """Two arguments of a call change places."""
    for at in code(source):
        call = called(source, at)
        if call is None or len(call[1]) < 2 or source.tokens[at].text in ("if", "while", "for"):
            continue
        for one, other in zip(call[1], call[1][1:]):
            yield (source.span(*one)[0], source.span(*other)[1],
                   f"{source.piece(*other)}, {source.piece(*one)}")
