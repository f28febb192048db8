# SPDX-License-Identifier: ISC
"""A mistake, and all that the rules can make in a file.  Pure."""

from dataclasses import dataclass

from .concurrency import RULES as CONCURRENCY
from .sequential import RULES as SEQUENTIAL

# Those of concurrency first: what both can make is theirs.
RULES = {**CONCURRENCY, **SEQUENTIAL}


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
