# SPDX-License-Identifier: ISC
"""What ends a command with a sentence instead of a traceback."""


class XcError(Exception):
    """The user can mend it; the text says what is wrong and what to do."""


class OptionError(XcError):
    """The options do not fit together, or not to the image."""


class NoKvm(Exception):
    """This host cannot run cases at all; the text is xcvm's."""
