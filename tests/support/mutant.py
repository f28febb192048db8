# SPDX-License-Identifier: ISC
"""Build a guest image with a mistake in it, from the session's own objects."""

import re
import shutil
import subprocess

from .dropin import ROOT, clean_environment, compiler


def _knf(text):
    """C as the guest's source has it: a tab where Python's has four blanks."""
    return re.sub(r"(?m)^(?: {4})+", lambda found: "\t" * (len(found.group()) // 4), text)


class Mutant:
    """A copy of the guest's source and build, to be changed."""

    def __init__(self, folder, session_build):
        self.root = folder
        self.compiler = compiler(session_build)
        for name in ("Makefile", "tools"):
            (folder / name).symlink_to(ROOT / name)
        (folder / "vmm").mkdir()
        # With their times, so that make sees only what is changed here.
        shutil.copytree(ROOT / "guest", folder / "guest")
        for part in ("guest-mp", "impl"):
            if (session_build / part).is_dir():
                shutil.copytree(session_build / part, folder / "build" / part)

    def change(self, path, old, new):
        """Replace text that stands once in a file of the guest; indented by four a level."""
        source, old, new = self.root / path, _knf(old), _knf(new)
        text = source.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{path} has this {text.count(old)} times, not once:\n{old}"
        source.write_text(text.replace(old, new), encoding="utf-8")

    def image(self):
        """The image, made; a build that fails is a failed test."""
        # CURDIR stands in the flags: with the session's own, its objects still are good.
        done = subprocess.run(["make", "--no-print-directory", f"CC={self.compiler}",
                               f"CURDIR={ROOT}", "build/xcguest.elf"], cwd=self.root,
                              env=clean_environment(), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.root / "build" / "xcguest.elf"
