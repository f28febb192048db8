# SPDX-License-Identifier: ISC
"""What ends a command with a sentence instead of a traceback."""

import difflib


class XcError(Exception):
    """The user can mend it; the text says what is wrong and what to do."""


class OptionError(XcError):
    """The options do not fit together, or not to the image."""


class NoKvm(Exception):
    """This host cannot run cases at all; the text is xcvm's."""


def did_you_mean(word, words):
    """": did you mean THIS or THAT?", or nothing: to go behind what is wrong with the word."""
    close = difflib.get_close_matches(word, words, 3)
    return f": did you mean {' or '.join(close)}?" if close else ""
