# SPDX-License-Identifier: ISC
"""Run a command where /dev/kvm is not what it is here: in a mount namespace of its own."""

import functools
import os
import subprocess

# What to do to /dev in the new namespace.
HIDE = {
    "missing": "mount -t tmpfs none /dev",
    "forbidden": "mount --bind /dev /dev && mount -o remount,bind,nodev /dev",
    "no_kvm": "mount --bind /dev/null /dev/kvm",
}


@functools.cache
def unshare():
    """The command that makes a mount namespace here, or None."""
    for command in (["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]):
        try:
            probe = subprocess.run(command + ["mount", "-t", "tmpfs", "none", "/tmp"],
                                   capture_output=True, check=False)
        except OSError:
            return None
        if probe.returncode == 0:
            return command
    return None


def hide_kvm(how, command):
    """The command line that runs `command` with /dev/kvm hidden, or None if this host cannot."""
    if how == "missing" and not os.path.exists("/dev/kvm"):
        return list(command)
    if unshare() is None or (how == "no_kvm" and not os.path.exists("/dev/kvm")):
        return None
    script = f'{HIDE[how]} && exec "$@"'
    return unshare() + ["sh", "-c", script, "sh", *map(str, command)]
