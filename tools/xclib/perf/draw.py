# SPDX-License-Identifier: ISC
"""Draw figures with matplotlib, which is imported only when something is drawn."""

import io

from ..errors import XcError
from .figures import BANDS, STEPS, WHOLE, WHOLES

FORMATS = ("png", "svg")
# Okabe and Ito's colours: told apart by everybody.
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a800", "#555555")
OTHER = "#000000"
NAMED = dict(zip(STEPS, COLOURS)) | {WHOLE: OTHER}
PERCENTS = (0, 50, 90, 99, 99.9, 99.99, 99.999)
WARNING = "#b00020"
INCH_DOTS = 110
WIDTH = 8.6
STYLE = {"font.size": 9, "axes.grid": True, "grid.alpha": 0.3, "axes.axisbelow": True,
         "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
         "svg.fonttype": "none", "svg.hashsalt": "xc", "font.family": "sans-serif"}


def library():
    """matplotlib's parts, or an error that says how to get it."""
    try:
        from matplotlib import rc_context, ticker
        from matplotlib.figure import Figure
    except ImportError:
        raise XcError("pictures want matplotlib: install Debian's python3-matplotlib, or run "
                      "`make deps`") from None
    return rc_context, ticker, Figure


def colour(name, at):
    return NAMED.get(name, COLOURS[at % len(COLOURS)])


def draw(figure, results, form):
    """The bytes of a picture."""
    rc_context, ticker, new = library()
    with rc_context(STYLE):
        height = {"stack": lambda: 1.6 + 0.34 * len(figure.bars),
                  "heat": lambda: 5.6}.get(figure.kind, lambda: 4.4)()
        made = new(figsize=(WIDTH, height), dpi=INCH_DOTS, layout="constrained")
        made.suptitle(_head(results), fontsize=9, x=0.01, ha="left",
                      color=WARNING if results.context["emulated"] else "#444444")
        axes = made.add_subplot()
        axes.set_title(figure.title, loc="left", fontsize=10, fontweight="bold")
        DRAWERS[figure.kind](figure, axes, ticker)
        stream = io.BytesIO()
        made.savefig(stream, format=form, metadata={"Date": None} if form == "svg" else None)
    return stream.getvalue()


def _head(results):
    """The first line, and the host below it."""
    host = results.context["host"]
    return f"{results.headline}\n{host['module']}, {host['cpu']}, {host['cpus']} CPUs"


def _cycles(ticker):
    return ticker.FuncFormatter(lambda value, _: f"{value:,.0f}")


def _curve(figure, axes, ticker):
    for at, (phase, line) in enumerate(figure.lines):
        axes.plot(*zip(*line), label=phase, color=colour(phase, at), linewidth=1.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    end = max(line[-1][0] for _, line in figure.lines)
    shown = [percent for percent in PERCENTS if 100 / (100 - percent) <= max(end, 2)]
    axes.xaxis.set_major_locator(ticker.FixedLocator([100 / (100 - one) for one in shown]))
    axes.xaxis.set_major_formatter(ticker.FixedFormatter([f"{one:g} %" for one in shown]))
    axes.xaxis.set_minor_locator(ticker.NullLocator())
    axes.yaxis.set_major_formatter(_cycles(ticker))
    axes.yaxis.set_minor_formatter(ticker.NullFormatter())
    _few_values(axes, ticker)
    axes.set_xlabel("percentile")
    axes.set_ylabel("TSC cycles")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _few_values(axes, ticker):
    """Name values between the powers of ten where there are few of these."""
    low, high = axes.get_ylim()
    if high / max(low, 1e-9) < 200:
        axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))


def _stack(figure, axes, ticker):
    seen = {}
    places = range(len(figure.bars))
    for place, (_, steps, whole) in zip(places, figure.bars):
        left = 0
        for step, cycles in steps:
            bar = axes.barh(place, cycles, left=left, height=0.7,
                            color=colour(step, STEPS.index(step)))
            seen.setdefault(step, bar)
            left += cycles
        if whole is not None:
            mark, = axes.plot([whole], [place], marker="|", markersize=14, markeredgewidth=2,
                              color=OTHER, linestyle="none")
            seen[" or ".join(f"'{name}'" for name in WHOLES)] = mark
    axes.set_yticks(list(places), [label for label, _, _ in figure.bars])
    axes.invert_yaxis()
    axes.grid(False, axis="y")
    axes.xaxis.set_major_locator(ticker.MaxNLocator(5))  # room for eight digits each
    axes.xaxis.set_major_formatter(_cycles(ticker))
    axes.set_xlabel("TSC cycles (medians need not add up)")
    order = [name for name in STEPS if name in seen] + [name for name in seen if name not in STEPS]
    axes.legend([seen[name] for name in order], order, loc="center left", bbox_to_anchor=(1, 0.5))


WRITTEN_CELLS = 10  # on a side; more than that are not legible
LEAST_SPAN = 0.8


def short(cycles):
    """Four digits or so, for a small cell."""
    for unit, name in ((10 ** 9, "G"), (10 ** 6, "M")):
        if cycles >= 10 * unit:
            return f"{cycles / unit:.1f}{name}"
    return f"{cycles:,}"


def _heat(figure, axes, ticker):
    rows = [[figure.cells.get((cpu, to), float("nan")) for to in figure.targets]
            for cpu in figure.cpus]
    low, high = min(figure.cells.values()), max(figure.cells.values())
    # A difference of little more than nothing is not to look like one.
    image = axes.imshow(rows, cmap="cividis", aspect="auto", vmin=min(low, LEAST_SPAN * high),
                        vmax=high)
    axes.grid(False)
    for set_ticks, names in ((axes.set_xticks, figure.targets), (axes.set_yticks, figure.cpus)):
        step = max(1, len(names) // 16)
        set_ticks(list(range(0, len(names), step)), names[::step])
    axes.set_xlabel("to CPU")
    axes.set_ylabel("from CPU")
    if max(len(figure.cpus), len(figure.targets)) <= WRITTEN_CELLS:
        middle = (min(low, LEAST_SPAN * high) + high) / 2
        for y, cpu in enumerate(figure.cpus):
            for x, to in enumerate(figure.targets):
                value = figure.cells.get((cpu, to))
                if value is not None:
                    axes.text(x, y, short(value), ha="center", va="center",
                              color="black" if value > middle else "white")
    axes.figure.colorbar(image, ax=axes, label="TSC cycles", format=_cycles(ticker))


LINEAR_SPAN = 30  # a line that stays below a thirtieth of another lies on the axis


def _both_logarithmic(figure, axes, ticker, counts, top):
    """Room for small lines and large ones; what grows with the number of CPUs is as steep as the
    dashed line."""
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.xaxis.set_major_formatter(ticker.ScalarFormatter())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_formatter(ticker.NullFormatter())
    axes.plot(counts, [top * count / counts[-1] for count in counts], linestyle="--", linewidth=1,
              color="grey", label="in proportion to the CPUs", zorder=0)
    axes.set_title(f"{figure.title}; logarithmic", loc="left", fontsize=10, fontweight="bold")


def _cost(figure, axes, ticker):
    counts = sorted({one[0] for _, line in figure.lines for one in line})
    for at, (label, line) in enumerate(figure.lines):
        own = COLOURS[at % len(COLOURS)]
        marker = "os^Dv"[at // len(COLOURS) % 5]
        vcpus, middle, low, high = zip(*line)
        axes.plot(vcpus, middle, marker=marker, color=own, label=label)
        if len(figure.lines) <= BANDS:
            axes.fill_between(vcpus, low, high, color=own, alpha=0.15, linewidth=0)
    tops = [max(one[1] for one in line) for _, line in figure.lines]
    if max(tops) > LINEAR_SPAN * min(tops):
        _both_logarithmic(figure, axes, ticker, counts, max(tops))
    else:
        axes.set_ylim(bottom=0)
    axes.set_xticks(counts)
    axes.yaxis.set_major_formatter(_cycles(ticker))
    axes.set_xlabel("vCPUs")
    axes.set_ylabel("TSC cycles")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.14), ncols=2, fontsize=8)


DRAWERS = {"curve": _curve, "stack": _stack, "heat": _heat, "cost": _cost}
