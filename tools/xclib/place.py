# SPDX-License-Identifier: ISC
"""Where xcvm and the images are: in the build directory of a source tree, or installed."""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def defaults(build=None, home=HERE):
    """(xcvm, image): those of a build directory, else of where this package lies."""
    if build is not None:
        return Path(build) / "xcvm", Path(build) / "xcguest.elf"
    if home.parent.name == "tools":
        return defaults(home.parents[1] / "build")
    # PREFIX/lib/xcvm/xclib beside PREFIX/bin/xcvm
    return home.parents[2] / "bin" / "xcvm", home.parent / "xcguest.elf"
