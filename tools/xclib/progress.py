# SPDX-License-Identifier: ISC
"""How far a long command is: one line that changes on a terminal, plain lines elsewhere."""

import os
import sys
import time

REDRAW_SECONDS = 0.1
PLAIN_SECONDS = 30
DEFAULT_COLUMNS = 80


def counted(number, noun):
    """`1 run`, `2 runs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def clock_text(seconds):
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class Progress:
    """Tells on standard error; `status` is a function that gives the line."""

    def __init__(self, status, stream=None, quiet=False):
        self.status, self.stream, self.quiet = status, stream or sys.stderr, quiet
        self.terminal = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.drawn = 0.0 if self.terminal else time.monotonic()

    def _columns(self):
        try:
            return os.get_terminal_size(self.stream.fileno()).columns or DEFAULT_COLUMNS
        except OSError:
            return DEFAULT_COLUMNS

    def _clear(self):
        if self.terminal:
            self.stream.write("\r\x1b[K")

    def tick(self):
        """Show the status, if it is time to."""
        now = time.monotonic()
        if self.quiet or now - self.drawn < (REDRAW_SECONDS if self.terminal else PLAIN_SECONDS):
            return
        self.drawn = now
        line = self.status()
        if self.terminal:
            self._clear()
            self.stream.write(line[:self._columns() - 1])
        else:
            self.stream.write(line + "\n")
        self.stream.flush()

    def tell(self, line):
        """A line that stays."""
        if self.quiet:
            return
        self._clear()
        self.stream.write(line + "\n")
        self.stream.flush()
        self.drawn = 0.0 if self.terminal else self.drawn

    def close(self):
        self._clear()
        self.stream.flush()
