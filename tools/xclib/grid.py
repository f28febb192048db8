# SPDX-License-Identifier: ISC
"""Tables as lines of text."""


def grid(head, rows, left=1):
    """Lines of a table, its first columns to the left, the numbers to the right."""
    widths = [max(len(str(row[at])) for row in [head, *rows]) for at in range(len(head))]
    for row in [head, *rows]:
        cells = [str(cell).ljust(width) if at < left else str(cell).rjust(width)
                 for at, (cell, width) in enumerate(zip(row, widths))]
        yield "  ".join(cells).rstrip()
