# SPDX-License-Identifier: ISC
"""xc perf plot and html: what is drawn, and that the page stands on its own."""

import base64
import re
import shutil
import struct
import subprocess
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from support.perf import histogram, measurement, put, repetition, result
from xclib.perf.draw import DRAWERS, library, short
from xclib.perf.figures import Cost, figures, points
from xclib.perf.histogram import Histogram
from xclib.perf.result import Measurement

pytestmark = pytest.mark.tool

EMULATED = "guest kernel code is EMULATED on this host"
STEPS = ("call to icr", "icr to handler", "function")
SECONDS = 120  # for a browser on a busy host


def calls(name="bench_a", vcpus=2, scale=1, **fields):
    """A measurement with phases of calls from each CPU to each."""
    pairs = [(cpu, to) for cpu in range(vcpus) for to in range(vcpus) if cpu != to]
    return measurement(name, *(repetition(*(
        histogram(phase, [value * factor * scale * (10 * cpu + to) for value in range(90, 111)],
                  cpu, to)
        for cpu, to in pairs for phase, factor in (("call", 10), ("call to icr", 1),
                                                   ("icr to handler", 5), ("function", 2))))
        for _ in range(3)), vcpus=vcpus, **fields)


FOUND = result(calls(), calls(vcpus=4), calls("bench_b", doc="a < b & <b>c</b>"), emulated=True,
               insn_cycles=2100)


def made(kind):
    return list(figures([Measurement(one) for one in FOUND["measurements"]], (kind,)))


# ---- what goes into a picture -------------------------------------------------------------------

def test_curve():
    one = made("curve")[0]
    assert [phase for phase, _ in one.lines] == ["call", *STEPS]
    for _, line in one.lines:
        assert line[0][0] == 1 and line == sorted(line)


def test_curve_ends_with_its_values():
    """Beyond 1000 values nothing is known of the thousandth part."""
    line = points(Histogram.of(range(1, 1001)))
    assert line[-1] == (1000, 1000)
    assert dict(line)[2] == 500


def test_stack():
    one, = made("stack")
    assert [label for label, _, _ in one.bars] == ["bench_a[2]", "bench_a[4]", "bench_b[2]"]
    assert one.bars[0][1:] == ([("call to icr", 110), ("icr to handler", 550), ("function", 220)],
                               1100)


def test_a_stack_for_each_api():
    """A slow one would hide the others."""
    measurements = [Measurement(calls(api=api)) for api in ("ipi", "xcall", "ipi")]
    assert [(one.name, len(one.bars)) for one in figures(measurements, ("stack",))] == [
        ("stack-ipi", 2), ("stack-xcall", 1)]


def test_heat():
    """Only of what can be told apart at a glance: three pairs or more."""
    found = made("heat")
    assert [one.name for one in found] == ["heat-bench_a[4]-call", "heat-bench_a[4]-icr to handler"]
    assert found[0].cpus == found[0].targets == [0, 1, 2, 3]
    assert found[0].cells[2, 1] == pytest.approx(1000 * 21, rel=1e-3)
    assert (1, 1) not in found[0].cells


@pytest.mark.parametrize("cycles, text", [
    (7, "7"), (9876543, "9,876,543"), (100532223, "100.5M"), (9999999999, "10000.0M"),
    (12345678901, "12.3G")])
def test_cell(cycles, text):
    assert short(cycles) == text


def test_cost():
    one, = made("cost")
    (label, line), = one.lines
    assert label == "bench_a: call"
    assert [row[0] for row in line] == [2, 4]
    assert all(low <= middle <= high for _, middle, low, high in line)
    assert one.title == ("ipi: cost against the number of CPUs; medians, and bands that hold 80 of "
                         "100")


def test_no_cost_of_a_dry_run():
    dry = [measurement("bench_dry_run", repetition(histogram("clock", [5])), vcpus=vcpus)
           for vcpus in (2, 4)]
    assert not list(figures([Measurement(one) for one in dry], ("cost",)))


# ---- pictures -----------------------------------------------------------------------------------

def text_of(svg):
    return ["".join(one.itertext()) for one in ElementTree.fromstring(svg).iter()
            if one.tag.endswith("}text")]


def drawn_cost(*lines):
    """(y is logarithmic, labels) of a picture of lines [(vcpus, cycles)]."""
    _, ticker, new = library()
    axes = new().add_subplot()
    figure = Cost("cost", "cost", [(f"line {at}", [(vcpus, y, y, y) for vcpus, y in line])
                                   for at, line in enumerate(lines)])
    DRAWERS["cost"](figure, axes, ticker)
    scales = {axes.get_xscale(), axes.get_yscale()}
    assert len(scales) == 1, "one axis alone bends a line that is straight"
    return scales == {"log"}, [text.get_text() for text in axes.get_legend().get_texts()]


def test_growth_alone_is_drawn_straight():
    """However much a line grows: what grows with the number of CPUs looks like it."""
    counts = (2, 4, 8, 16, 32, 64)
    growing = [(n, 1000 * (n - 1)) for n in counts]
    assert drawn_cost(growing) == (False, ["line 0"])
    assert drawn_cost(growing, [(n, 3000) for n in counts]) == (False, ["line 0", "line 1"])
    assert drawn_cost(growing, [(n, 50) for n in counts]) == (
        True, ["line 0", "line 1", "in proportion to the CPUs"])


def test_plot(xc):
    done = xc.run("perf", "plot", put(xc.folder, "a.json", FOUND))
    assert done.status == 0, done.stderr
    paths = sorted(done.stdout.split())
    assert paths == sorted(f"a-plots/{name}.{form}" for form in ("png", "svg") for name in (
        "curve-bench_a-2", "curve-bench_a-4", "curve-bench_b-2", "stack-ipi", "heat-bench_a-4-call",
        "heat-bench_a-4-icr-to-handler", "cost-ipi"))
    for path in paths:
        data = (xc.folder / path).read_bytes()
        if path.endswith("png"):
            assert data.startswith(b"\x89PNG")
            width, height = struct.unpack(">II", data[16:24])
            assert width > 800 and height > 150
        else:
            assert any(text.startswith(EMULATED) for text in text_of(data)), path


def test_plot_of_some(xc):
    done = xc.run("perf", "plot", put(xc.folder, "a.json", FOUND), "--kind", "curve", "--only",
                  "bench_b", "--format", "svg", "-o", "out")
    assert done.stdout == "out/curve-bench_b-2.svg\n"
    text = text_of((xc.folder / "out" / "curve-bench_b-2.svg").read_bytes())
    for word in ("bench_b[2]: percentiles of each phase", "TSC cycles", "percentile", "50 %",
                 "call", *STEPS):
        assert word in text


@pytest.mark.parametrize("arguments, words", [
    (["--kind", "heat", "--only", "bench_b"], "--kind heat: what was chosen gives no such picture"),
    (["--kind", "pie"], "'pie' is not known: give some of curve,stack,heat,cost"),
    (["--format", "gif"], "'gif' is not known: give some of png,svg"),
    (["--only", "x"], "a.json: no measurement matches x"),
])
def test_refusals(xc, arguments, words):
    done = xc.run("perf", "plot", put(xc.folder, "a.json", FOUND), *arguments)
    assert done.status == 2
    assert words in done.stderr
    assert not (xc.folder / "a-plots").exists()


def test_without_matplotlib(xc):
    """Whoever draws nothing needs none; whoever does is told what to install."""
    folder = xc.folder / "lacking"
    folder.mkdir()
    (folder / "matplotlib.py").write_text("raise ImportError('none')\n")
    put(xc.folder, "a.json", FOUND)
    environment = {"PYTHONPATH": str(folder)}
    assert xc.run("perf", "report", "a.json", env=environment).status == 0
    for command in ("plot", "html"):
        done = xc.run("perf", command, "a.json", env=environment)
        assert (done.status, done.stderr) == (
            2, "xc: pictures want matplotlib: install Debian's python3-matplotlib, or run "
            "`make deps`\n")
    assert sorted(path.name for path in xc.folder.glob("a*")) == ["a.json"]


# ---- the page -----------------------------------------------------------------------------------

class Page(HTMLParser):
    """Tags that are not closed, references, tables, text."""

    VOID = ("meta", "img", "br")

    def __init__(self, text):
        super().__init__()
        self.open, self.references, self.images, self.words, self.ids = [], [], [], [], set()
        self.tables = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        self.tables += tag == "table"
        self.references += [attrs[name] for name in ("src", "href", "data") if name in attrs]
        self.images += [attrs] if tag == "img" else []
        self.ids |= {attrs["id"]} if "id" in attrs else set()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open and "title" not in self.open and data.strip():
            self.words.append(data.strip())


@pytest.fixture
def page(xc):
    missing = {"case": "bench_c", "vcpus": 2, "given": {}, "verdict": "hang", "reason": "why",
               "command": ["xcvm"]}
    done = xc.run("perf", "html", put(xc.folder, "a.json", {**FOUND, "missing": [missing]}))
    assert (done.status, done.stdout) == (0, "a.html\n"), done.stderr
    return xc.folder / "a.html"


def test_page(page):
    text = page.read_text()
    found = Page(text)
    assert found.open == []
    assert found.words[0].startswith(EMULATED)
    for word in ("bench_a[2]", "bench_a[4]", "a < b & <b>c</b>", "hang", "why"):
        assert word in found.words
    assert any("kvm_fake (kvm.halt_poll_ns=0)" in word for word in found.words)
    assert found.tables == 5
    assert len(found.images) == 7 and all(image["alt"] for image in found.images)
    for reference in found.references:
        if reference.startswith("#"):
            assert reference[1:] in found.ids
        else:
            head, _, data = reference.partition(",")
            assert head == "data:image/svg+xml;base64"
            ElementTree.fromstring(base64.b64decode(data))
    assert "http" not in re.sub(r"base64,[^\"]*", "", text) and "<script" not in text


PROBE = """<script>
onload = () => {
  const images = [...document.images];
  document.body.innerHTML = "<pre>" + JSON.stringify({
    shown: images.filter(image => image.complete && image.naturalWidth > 400).length,
    images: images.length,
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    head: document.body.firstElementChild.getBoundingClientRect().top,
    text: getComputedStyle(document.body).fontSize,
  }) + "</pre>";
};
</script></body>"""


@pytest.mark.parametrize("width", [1280, 500])
def test_page_in_a_browser(page, tmp_path, width):
    """Every picture is shown, nothing reaches beyond the window, the first line is at the top."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no chromium here to look at the page with")
    page.write_text(page.read_text().replace("</body>", PROBE))
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=True)
    said = re.search(r"<pre>\{(.*)\}</pre>", done.stdout)[1]
    for part in ('"shown":7', '"images":7', '"wide":0', '"text":"15px"'):
        assert part in said, said
    assert float(re.search(r'"head":([0-9.]+)', said)[1]) < 60
