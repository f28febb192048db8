# SPDX-License-Identifier: ISC
"""Build the guest with a mistake in it, in a copy of the checkout."""

import contextlib
import os
import shlex
import shutil
import subprocess
import time
from pathlib import Path

from ..errors import XcError

ROOT = Path(__file__).resolve().parents[3]
REACH = ROOT / "tests" / "fixtures" / "reach.c"
WRAPPED = ("hypercall_done", "hypercall_panic", "hypercall_stall")
# name, folder of its objects, how the report calls it
IMAGES = (("xcguest.elf", "guest-mp"), ("xcguest-up.elf", "guest-up"))


class BuildError(XcError):
    """The source as it is does not build; the text says why."""


def check_checkout():
    """The tool works on a checkout, not on what is installed."""
    if not (ROOT / "guest" / "kern").is_dir():
        raise XcError("xc wild changes the source of a checkout, and there is none here: "
                      "start the tools/xc of one")


def _compiler(build):
    try:
        return shlex.split((build / "guest-mp" / "flags").read_text(encoding="utf-8"))[0]
    except (OSError, IndexError):
        raise BuildError(f"{build}: has no objects of the guest: run `make` first") from None


class Tree:
    """A copy of guest/ and of what is built of it, for one mistake at a time."""

    def __init__(self, folder, build):
        self.root, self.compiler = Path(folder), _compiler(build)
        for name in ("Makefile", "docs", "tools"):
            (self.root / name).symlink_to(ROOT / name)
        # With their times, so that make sees only what is changed here.
        shutil.copytree(ROOT / "guest", self.root / "guest")
        for part in ("guest-mp", "guest-up", "impl"):
            shutil.copytree(build / part, self.root / "build" / part)
        for name, _ in IMAGES:
            shutil.copy2(build / name, self.root / "build" / name)

    def make(self, *targets, compiler=None):
        """(it went well, what make said)"""
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
        # CURDIR stands in the flags: with the session's own, its objects still are good.
        done = subprocess.run(
            ["make", "--no-print-directory", f"CC={compiler or self.compiler}", f"CURDIR={ROOT}",
             *(f"build/{target}" for target in targets)], cwd=self.root, env=environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode == 0, done.stdout + done.stderr

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
            good, _ = self.make(*(name for name, _ in IMAGES))
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
        good, said = self.make(*(name for name, _ in IMAGES), compiler=(
            f"{self.compiler} -fsanitize-coverage=trace-pc {wraps}"))
        if not good:
            raise BuildError(f"the image that tells what a case reaches does not build:\n{said}")
