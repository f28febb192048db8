# SPDX-License-Identifier: ISC
"""C source as tokens with places, its functions and their statements.  Pure."""

import bisect
import re
from dataclasses import dataclass

_TOKEN = re.compile(r"""
    (?P<space>\s+)
  | (?P<comment>/\*.*?\*/|//[^\n]*)
  | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
  | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<mark><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)
""", re.VERBOSE | re.DOTALL)
_DIRECTIVE = re.compile(r"^[ \t]*\#(?:[^\n\\]|\\\n|\\.)*", re.MULTILINE)
_OPEN, _CLOSE = {"(": ")", "[": "]", "{": "}"}, {")": "(", "]": "[", "}": "{"}
# Begin a statement that is not an expression.
KEYWORDS = {"if", "else", "for", "while", "do", "switch", "case", "default", "return", "break",
            "continue", "goto", "asm", "__asm", "__asm__", "volatile", "struct", "union", "enum",
            "static", "const", "unsigned", "int", "bool", "char", "long", "void", "extern",
            "typedef", "sizeof", "register"}


@dataclass(frozen=True)
class Token:
    kind: str  # string, number, name, mark
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Statement:
    """An expression and its semicolon; tokens [first, last]."""
    first: int
    last: int
    sole: bool  # the body of an if, a loop, an else, without braces


class Source:
    """A file of C."""

    def __init__(self, text):
        self.text = text
        blank = list(text)
        for found in _DIRECTIVE.finditer(text):
            for at in range(*found.span()):
                if blank[at] != "\n":
                    blank[at] = " "
        self.tokens = [Token(found.lastgroup, found.group(), *found.span())
                       for found in _TOKEN.finditer("".join(blank))
                       if found.lastgroup not in ("space", "comment")]
        self._lines = [0] + [at + 1 for at, char in enumerate(text) if char == "\n"]
        self.partner = self._match()
        self.functions = list(self._functions())
        self.statements = [statement for _, first, last in self.functions
                           for statement in self._statements(first, last)]

    def line(self, offset):
        return bisect.bisect_right(self._lines, offset)

    def _match(self):
        """{index of a bracket: index of its other}"""
        partner, stack = {}, []
        for at, token in enumerate(self.tokens):
            if token.kind != "mark":
                continue
            if token.text in _OPEN:
                stack.append(at)
            elif token.text in _CLOSE and stack \
                    and self.tokens[stack[-1]].text == _CLOSE[token.text]:
                partner[at] = stack.pop()
                partner[partner[at]] = at
        return partner

    def _functions(self):
        """(name, index of the opening brace, index of the closing one)."""
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.text == "{" and at in self.partner:
                before = self.tokens[at - 1]
                if before.text == ")" and at - 1 in self.partner:
                    name = self.tokens[self.partner[at - 1] - 1]
                    yield name.text, at, self.partner[at]
                at = self.partner[at]
            at += 1

    def _statements(self, first, last):
        at = first + 1
        while at < last:
            before, token = self.tokens[at - 1], self.tokens[at]
            sole = before.text in ("else", "do") or (
                before.text == ")" and at - 1 in self.partner
                and self.tokens[self.partner[at - 1] - 1].text in ("if", "for", "while"))
            begins = before.text in ("{", "}", ";", ":") or sole
            if begins and token.text not in KEYWORDS and (
                    token.kind == "name" or token.text in ("*", "++", "--", "(")):
                end = self._end(at, last)
                if end is not None and not self._declares(at, end):
                    yield Statement(at, end, sole)
                    at = end
            elif token.text == "for" and self.tokens[at + 1].text == "(":
                at = self.partner.get(at + 1, at + 1)
            at += 1

    def _end(self, at, last):
        """The semicolon that ends what begins here; None: it is none."""
        while at < last:
            text = self.tokens[at].text
            if text == ";":
                return at
            if text in ("{", "}", ":"):
                return None
            at = self.partner[at] + 1 if text in _OPEN and at in self.partner else at + 1
        return None

    def _declares(self, first, last):
        """`type name`, `type *name`: two names in a row, or a star between."""
        names = [self.tokens[at] for at in range(first, min(first + 3, last))]
        if len(names) < 2 or names[0].kind != "name":
            return False
        return names[1].kind == "name" or (
            names[1].text == "*" and len(names) > 2 and names[2].kind == "name"
            and (names[0].text.endswith("_t") or names[0].text in ("uint", "u_int")))

    def inside(self, at):
        """The function that the token is in, or None."""
        return next((name for name, first, last in self.functions if first < at < last), None)

    def span(self, first, last):
        """(start, end) in the text of tokens [first, last]."""
        return self.tokens[first].start, self.tokens[last].end

    def piece(self, first, last):
        start, end = self.span(first, last)
        return self.text[start:end]
