# SPDX-License-Identifier: ISC
"""Which mistakes a seed makes, in which order.  Pure."""

import random
from collections import defaultdict

from .rules import CONCURRENCY, SEQUENTIAL


def _in_turn(lists):
    """One of each list, again and again, until all are empty."""
    lists = [list(one) for one in lists if one]
    while lists:
        for one in lists:
            yield one.pop()
        lists = [one for one in lists if one]


def draw(mistakes, seed):
    """All of them in the order of the seed: by sequential rules and by those of concurrency in
    turn, and within each group by every rule in turn, so that no rule drowns the others."""
    rng = random.Random(f"wild {seed}")
    by_rule = defaultdict(list)
    for mistake in mistakes:
        by_rule[mistake.rule].append(mistake)
    for one in by_rule.values():
        rng.shuffle(one)
    groups = [list(_in_turn([by_rule[rule] for rule in table]))[::-1]
              for table in (SEQUENTIAL, CONCURRENCY)]
    return list(_in_turn(groups))
