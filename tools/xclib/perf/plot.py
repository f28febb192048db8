# SPDX-License-Identifier: ISC
"""xc perf plot: pictures as files; xc perf html: all of it as one page."""

import os

from ..errors import OptionError
from .draw import draw, library
from .figures import figures
from .page import page
from .result import file_name, load, write


def run_plot(options):
    library()
    results = load(options.file)
    made = list(figures(results.chosen(options.only), options.kind))
    if not made:
        raise OptionError(f"--kind {','.join(options.kind)}: what was chosen gives no such picture")
    folder = options.output or os.path.splitext(os.path.basename(results.path))[0] + "-plots"
    os.makedirs(folder, exist_ok=True)
    for figure in made:
        for form in options.format:
            path = os.path.join(folder, f"{file_name(figure.name)}.{form}")
            write(path, draw(figure, results, form), replace=True)
            print(path)
    return 0


def run_html(options):
    library()
    results = load(options.file)
    path = options.output or os.path.splitext(os.path.basename(results.path))[0] + ".html"
    write(path, page(results, options.only).encode(), replace=True)
    print(path)
    return 0
