# SPDX-License-Identifier: ISC
"""Build images with other implementations in place of ours, from the session's own objects."""

import hashlib
import shutil
from pathlib import Path

from xclib.checkout import ROOT, compiler, make

FIXTURES = Path("tests") / "fixtures" / "dropin"
VARIABLES = {"cpu_xcall": "CPU_XCALL_SRC", "xcall": "XCALL_SRC", "ipi": "IPI_SRC"}


def sha256(paths):
    """Of a file; of several, with a blank between their paths, one after another."""
    digest = hashlib.sha256()
    for path in str(paths).split():
        digest.update((ROOT / path).read_bytes())
    return digest.hexdigest()


class Workshop:
    """A build directory of its own."""

    def __init__(self, folder, session_build):
        self.build = folder
        self.compiler = compiler(session_build)
        for part in ("guest-mp", "guest-up", "impl"):
            if (session_build / part).is_dir():
                shutil.copytree(session_build / part, folder / part)

    def make(self, *images, **sources):
        """make these images (default: both) with sources by API; the finished process."""
        return make(ROOT, f"BUILD={self.build}", f"CC={self.compiler}",
                    *(f"{VARIABLES[api]}={path}" for api, path in sources.items()),
                    *(self.build / image for image in images
                      or ("xcguest.elf", "xcguest-up.elf")))

    def image(self, name="xcguest.elf", **sources):
        """The image, made; a build that fails is a failed test."""
        done = self.make(name, **sources)
        assert done.returncode == 0, done.stdout + done.stderr
        return self.build / name
