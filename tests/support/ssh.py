# SPDX-License-Identifier: ISC
"""A private sshd on the loopback address, with keys of its own."""

import getpass
import os
import shutil
import socket
import subprocess
from pathlib import Path

# Debian's place, which is in no ordinary user's PATH.
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


def missing():
    """What there is not to run one, or None."""
    for name in ("ssh", "ssh-keygen"):
        if shutil.which(name) is None:
            return name
    return None if SSHD else "sshd"


class Sshd:
    """`config` is a file for ssh -F in which host-a and host-b lead here."""

    def __init__(self, folder):
        self.folder = folder
        self.config = folder / "ssh_config"
        for name in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name],
                           check=True)
        (folder / "keys").write_bytes((folder / "user.pub").read_bytes())
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # sshd wants it, and Debian's start makes it

    def _start(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (self.folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1\nPort {port}\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {self.folder}/keys\nPidFile none\nStrictModes no\nUsePAM no\n"
            "PasswordAuthentication no\n")
        self.config.write_text(
            "Host host-a host-b\n    HostName 127.0.0.1\n"
            f"    Port {port}\n    User {getpass.getuser()}\n    IdentityFile {self.folder}/user\n"
            f"    IdentitiesOnly yes\n    UserKnownHostsFile {self.folder}/known_hosts\n"
            "    StrictHostKeyChecking accept-new\n    LogLevel ERROR\n")
        self.process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", self.folder / "sshd_config"], stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "Server listening" in line:
                return True
        self.process.wait()
        return False  # somebody else took the port

    def __enter__(self):
        while not self._start():
            if self.process.returncode is None:
                raise RuntimeError("sshd ended without a word")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.stderr.close()
        self.process.wait()
