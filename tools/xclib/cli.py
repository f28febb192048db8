# SPDX-License-Identifier: ISC
"""The command line of xc: groups of commands, `xc GROUP COMMAND`."""

import argparse
import sys

from .errors import NoKvm, XcError
from .explore import command as explore
from .fault import command as fault
from .model import command as model
from .perf import command as perf
from .wild import command as wild

# A group has NAME, HELP and add_commands(subparsers); a command sets `main`, a function of the
# parsed arguments that returns the exit code.
GROUPS = (explore, fault, model, perf, wild)
USAGE, NOKVM, BROKEN_PIPE = 2, 6, 128 + 13


def parser():
    top = argparse.ArgumentParser(prog="xc", description="Campaigns over xcvm; see xc(1).",
                                  allow_abbrev=False)
    groups = top.add_subparsers(metavar="GROUP", required=True)
    for group in GROUPS:
        own = groups.add_parser(group.NAME, help=group.HELP, description=group.HELP)
        group.add_commands(own.add_subparsers(metavar="COMMAND", required=True))
    return top


def main(argv):
    options = parser().parse_args(argv)
    try:
        code = options.main(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return BROKEN_PIPE  # whoever read it has had enough
    except NoKvm as error:
        code = NOKVM
        print(f"xc: {error}", file=sys.stderr)
    except (XcError, OSError) as error:
        code = USAGE
        print(f"xc: {error}", file=sys.stderr)
    return code
