# SPDX-License-Identifier: ISC
"""Build the guest with a mistake in it, in a copy of the checkout."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

from ..checkout import ROOT, compiler, make_copy
from ..errors import XcError

REACH = ROOT / "tests" / "fixtures" / "reach.c"
WRAPPED = ("hypercall_done", "hypercall_panic", "hypercall_stall")
# name, folder of its objects, how the report calls it
IMAGES = (("xcguest.elf", "guest-mp"), ("xcguest-up.elf", "guest-up"))
NAMES = tuple(name for name, _ in IMAGES)


class BuildError(XcError):
    """The source as it is does not build; the text says why."""


def check_checkout():
    """The tool works on a checkout, not on what is installed."""
    if not (ROOT / "guest" / "kern").is_dir():
        raise XcError("xc wild changes the source of a checkout, and there is none here: "
                      "start the tools/xc of one")


class Tree:
    """A copy of guest/ and of what is built of it, for one mistake at a time."""

    def __init__(self, folder, build):
        if not (build / "guest-mp" / "flags").exists():
            raise BuildError(f"{build}: has no objects of the guest: run `make` first")
        self.root, self.compiler = Path(folder), compiler(build)
        for name in ("Makefile", "docs", "tools"):
            (self.root / name).symlink_to(ROOT / name)
        # With their times, so that make sees only what is changed here.
        shutil.copytree(ROOT / "guest", self.root / "guest")
        for part in ("guest-mp", "guest-up", "impl"):
            shutil.copytree(build / part, self.root / "build" / part)
        for name, _ in IMAGES:
            shutil.copy2(build / name, self.root / "build" / name)

    def objects(self, file):
        """The objects of a source file."""
        stem = Path(file).relative_to("guest").with_suffix(".o")
        return [self.root / "build" / folder / stem for _, folder in IMAGES]

    def image(self, number):
        return self.root / "build" / IMAGES[number][0]

    def _code(self, path):
        """An object without what debuggers read."""
        bare = path.with_suffix(".bare")
        subprocess.run(["objcopy", "--strip-debug", path, bare], check=True)
        data = bare.read_bytes()
        bare.unlink()
        return data

    @contextlib.contextmanager
    def mistake(self, mistake):
        """Within `with` the images have it: the numbers of those that it changes; None: it does
        not compile."""
        source = self.root / mistake.file
        right = source.read_text(encoding="utf-8")
        objects = [path for path in self.objects(mistake.file) if path.exists()]
        before = [self._code(path) for path in objects]
        for path in objects:
            shutil.copy2(path, path.with_suffix(".right"))
        source.write_text(mistake.apply(right), encoding="utf-8")
        try:
            good = make_copy(self.root, self.compiler, *NAMES).returncode == 0
            yield [number for number, path in enumerate(self.objects(mistake.file))
                   if path in objects and self._code(path) != before[objects.index(path)]
                   ] if good else None
        finally:
            source.write_text(right, encoding="utf-8")
            os.utime(source, (0, 0))
            for path in objects:
                shutil.move(path.with_suffix(".right"), path)
                os.utime(path, (time.time(),) * 2)

    def make_reach(self):
        """The images that tell what a case reaches."""
        shutil.copy(REACH, self.root / "guest" / "kern" / "reach.c")
        wraps = " ".join(f"-Wl,--wrap={name}" for name in WRAPPED)
        done = make_copy(self.root, f"{self.compiler} -fsanitize-coverage=trace-pc {wraps}",
                         *NAMES)
        if done.returncode != 0:
            raise BuildError("the images that tell what a case reaches do not build:\n"
                             + done.stdout + done.stderr)
