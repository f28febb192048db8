# SPDX-License-Identifier: ISC
"""One page of HTML with everything in it: conditions, tables, pictures; it loads nothing."""

import base64
from html import escape

from ..run import shell
from .draw import draw
from .figures import figures, main_phase
from .text import COLUMNS, conditions, figure, heading, row_of

STYLE = """
body { margin: 0 auto; padding: 1.5rem; max-width: 70rem; color: #1a1a1a; background: #fff;
  font: 15px/1.5 system-ui, "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: 0.5rem 0; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 0.4rem; border-top: 1px solid #ccc; padding-top: 1rem; }
.head { padding: 0.6rem 0.9rem; border-left: 0.4rem solid #0072b2; background: #eef5fa;
  font-weight: 600; }
.head.emulated { border-color: #b00020; background: #fdecee; color: #8a0018; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 0.6rem 0; }
th, td { padding: 0.2rem 0.7rem; text-align: right; border-bottom: 1px solid #e3e3e3;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { border-bottom: 2px solid #888; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 1rem 0; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; display: block; margin: 0.8rem 0; }
p { margin: 0.3rem 0; } code { overflow-wrap: anywhere; }
"""


def _table(head, rows):
    """`rows` are of text and of HTML as (HTML,)."""
    def cells(tag, row):
        return "".join(f"<{tag}>{cell[0] if isinstance(cell, tuple) else escape(str(cell))}</{tag}>"
                       for cell in row)
    body = "\n".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return (f'<div class="scroll"><table><thead><tr>{cells("th", head)}</tr></thead>\n'
            f"<tbody>{body}</tbody></table></div>")


def _picture(one, results):
    data = base64.b64encode(draw(one, results, "svg")).decode()
    return f'<img alt="{escape(one.title)}" src="data:image/svg+xml;base64,{data}">'


def _overview(measurements):
    rows = []
    for number, one in enumerate(measurements):
        phase = main_phase(one)
        merged = one.merged(phase)
        kvm, _ = one.exits()
        rows.append(((f'<a href="#m{number}">{escape(one.label)}</a>',), phase, f"{merged.count:,}",
                     *(figure(merged.at(percent)) if merged.tells(percent) else "-"
                       for percent in (50, 99)), "-" if kvm is None else f"{kvm:.2f}"))
    return _table(("measurement", "phase", "n", "p50", "p99", "exits/operation"), rows)


def _section(number, one, results):
    yield f'<h2 id="m{number}">{escape(one.label)}</h2>'
    for line in heading(one):
        yield f"<p>{escape(line)}</p>"
    yield _table(("cycles", "n", "min", *(name for _, name in COLUMNS), "max"),
                 [row_of(phase, one.merged(phase), 1) for phase in one.phases])
    for each in figures([one], ("curve", "heat")):
        yield _picture(each, results)
    yield f"<p>Again: <code>{escape(shell(one.data['command']))}</code></p>"


def _conditions(results):
    yield "<dl>"
    for name, text in conditions(results):
        yield f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
    yield "</dl>"


def _missing(results):
    if results.missing:
        yield "<h2>Missing</h2>"
        yield _table(("measurement", "verdict", "reason", "command"), [
            (f"{one['case']}[{one['vcpus']}]", one["verdict"], one["reason"],
             shell(one["command"])) for one in results.missing])


def page(results, only=()):
    """The text of the page."""
    measurements = results.chosen(only)
    title = f"xc perf: {results.context['host']['module']}, {results.context['date']}"
    emulated = " emulated" if results.context["emulated"] else ""
    parts = [
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
        f'<p class="head{emulated}">{escape(results.headline)}</p>',
        "<h1>What an interrupt and a cross-call cost</h1>",
        *_conditions(results),
        "<p>All values are TSC cycles. <i>n</i> values were measured; p99 is the value that 99 of "
        "100 are not above.</p>",
        _overview(measurements),
        *(_picture(each, results) for each in figures(measurements, ("stack", "cost"))),
        *(line for number, one in enumerate(measurements)
          for line in _section(number, one, results)),
        *_missing(results), "</body></html>"]
    return "\n".join(parts) + "\n"
