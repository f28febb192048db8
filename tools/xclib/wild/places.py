# SPDX-License-Identifier: ISC
"""Where in a file of C a rule may change something.  Pure."""

import re

TAKES = re.compile(r"(mutex|mtx)(_spin)?_enter|.*_lock|spl(raise|high|soft\w+|vm|sched)|"
                   r"kpreempt_disable|intr_disable|critical_enter")
DROPS = re.compile(r"(mutex|mtx)(_spin)?_exit|mtx_leave|.*_unlock|splx|kpreempt_enable|"
                   r"intr_restore|critical_exit")
BARRIER = re.compile(r"membar_\w+|smp_\w*mb|__insn_barrier")
ASSERTION = re.compile(r"K?ASSERT(MSG)?|KDASSERT|XCVM_ASSERT|_Static_assert|panic|printf")


def code(source):
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


def called(source, at):
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


def statement_call(source, statement):
    """The name of the function that a statement calls, or None."""
    name = source.tokens[statement.first]
    for at in range(statement.first, statement.last):
        if source.tokens[at].text == "=" and at + 1 < statement.last:
            name = source.tokens[at + 1]
            break
        if source.tokens[at].text == "(":
            break
    return name.text if name.kind == "name" else None


def our_statements(source):
    """The statements that are no assertion and no barrier."""
    return [statement for statement in source.statements
            if not ASSERTION.fullmatch(source.tokens[statement.first].text)]


def conditions(source, *words):
    """(first, last) of what stands in the brackets behind if or while."""
    for at in code(source):
        if source.tokens[at].text in words and at + 1 in source.partner \
                and source.tokens[at + 1].text == "(":
            yield at + 2, source.partner[at + 1] - 1
