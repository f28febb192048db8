# SPDX-License-Identifier: ISC
"""The fewest steps of a round that still fail, by delta debugging.  Pure."""

STEPS = 64
ALL = (1 << STEPS) - 1


def mask_of(steps):
    """The steps as the parameter `keep` takes them."""
    return sum(1 << step for step in steps)


def _shortest(steps, fails):
    """The least beginning of the steps that fails, looked for by halves."""
    low, high = 0, len(steps)  # that of `high` steps fails, that of `low` is not known to
    while low + 1 < high:
        middle = (low + high) // 2
        if fails(steps[:middle]):
            high = middle
        else:
            low = middle
    return steps[:high]


def shrink(fails):
    """The steps that are left: `fails` says of a list of steps whether it does, as all of them do.

    None of those left can be left out alone.
    """
    steps = _shortest(list(range(STEPS)), fails)
    size = max(1, len(steps) // 2)
    while True:
        at, smaller = 0, False
        while at < len(steps):
            without = steps[:at] + steps[at + size:]
            if fails(without):
                steps, smaller = without, True
            else:
                at += size
        if size > 1:
            size //= 2
        elif not smaller:
            return steps
