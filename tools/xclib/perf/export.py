# SPDX-License-Identifier: ISC
"""xc perf export: hand results over in the forms that others read."""

import os
import sys

from ..errors import OptionError
from .gbench import gbench
from .hgrm import hgrm
from .result import file_name, load, write
from .trace import load_chrome


def run_export(options):
    if options.phase and options.format != "hgrm":
        raise OptionError("--phase: goes with --format hgrm alone")
    if options.format == "trace":
        if options.only:
            raise OptionError("--only: a trace is of one run")
        _put(load_chrome(options.file), options.output)
    elif options.format == "gbench":
        _put(gbench(load(options.file), options.only), options.output)
    else:
        _percentiles(options)
    return 0


def _put(text, path):
    if path is None or path == "-":
        sys.stdout.write(text)
    else:
        write(path, text.encode(), replace=True)


def _percentiles(options):
    """One text to the output; several as files of a folder."""
    results = load(options.file)
    chosen = [(one, phase) for one in results.chosen(options.only) for phase in one.phases
              if options.phase in (None, phase)]
    if not chosen:
        raise OptionError(f"--phase {options.phase}: no chosen measurement has it")
    texts = {file_name(f"{one.label}-{phase}") + ".hgrm": hgrm(
        one.merged(phase), (results.headline, f"{one.label}, {phase}, cycles"))
        for one, phase in chosen}
    if len(texts) == 1 and not os.path.isdir(options.output or ""):
        _put(*texts.values(), options.output)
        return
    if options.output in (None, "-"):
        raise OptionError(f"--format hgrm: {len(texts)} phases: give --output FOLDER, or choose "
                          "one with --only and --phase")
    os.makedirs(options.output, exist_ok=True)
    for name, text in texts.items():
        write(os.path.join(options.output, name), text.encode(), replace=True)
