# SPDX-License-Identifier: ISC
"""Where xcvm and the image are: in the build directory of a source tree, or installed."""

import hashlib
from pathlib import Path

from .errors import XcError

HERE = Path(__file__).resolve().parent


def defaults(build=None, home=HERE):
    """(xcvm, image): those of a build directory, else of where this package lies."""
    if build is not None:
        return Path(build) / "xcvm", Path(build) / "xcguest.elf"
    if home.parent.name == "tools":
        return defaults(home.parents[1] / "build")
    # PREFIX/lib/xcvm/xclib beside PREFIX/bin/xcvm
    return home.parent.parent.parent / "bin" / "xcvm", home.parent / "xcguest.elf"


def digest(path):
    """SHA-256 of a file."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise XcError(f"{path}: {error.strerror}") from None
