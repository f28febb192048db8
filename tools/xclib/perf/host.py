# SPDX-License-Identifier: ISC
"""What this host is and does beside what xcvm tells of it; None where it does not say."""

import os
from pathlib import Path

ISOLATED = Path("/sys/devices/system/cpu/isolated")
STAT = Path("/proc/stat")
STEAL = 8  # field of the line `cpu`


def read(path):
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None


def isolated():
    """The CPUs that the scheduler leaves alone, as a list such as `2-5`; empty: none."""
    text = read(ISOLATED)
    return None if text is None else text.strip()


def load():
    """Average of the runnable threads over the last minute."""
    return round(os.getloadavg()[0], 2)


def stolen():
    """Seconds that a hypervisor below kept this host waiting, since it started."""
    fields = (read(STAT) or "").partition("\n")[0].split()
    if len(fields) <= STEAL:
        return None
    return int(fields[STEAL]) / os.sysconf("SC_CLK_TCK")


def free_cpus(count):
    """So many CPUs, one for each vCPU; None where there are not enough."""
    cpus = sorted(os.sched_getaffinity(0))
    return cpus[:count] if len(cpus) >= count else None
