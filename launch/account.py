"""The account that PostgreSQL runs under, since it refuses to run as root."""

import ctypes
import os
import pwd
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

PREFERRED = ("atrium", "postgres", "nobody")

PR_SET_SECUREBITS = 28
SECBIT_NO_SETUID_FIXUP = 4
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE = 1
CAP_DAC_READ_SEARCH = 2


@dataclass(frozen=True, slots=True)
class Account:
    """A user to become. `reach` keeps the one capability that lets it walk through closed folders."""

    name: str
    uid: int
    gid: int
    reach: bool

    def become(self) -> None:
        """Turn the calling process, which must be root, into this account for good."""
        libc = ctypes.CDLL(None, use_errno=True)
        keep = self.reach and sys.platform.startswith("linux")
        if keep:
            # keeps capabilities over setuid, and lets access(2), which initdb asks, count them
            libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
        os.setgroups([])
        os.setgid(self.gid)
        os.setuid(self.uid)
        if keep:
            _keep_reach(libc)


def database_account(*paths: Path) -> Account | None:
    """The account for PostgreSQL: None (our own) unless we are root.

    `paths` are what it must reach; a checkout below a closed home directory (such as /root) needs `reach`.
    """
    if os.geteuid() != 0:
        return None
    for name in PREFERRED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        reach = not all(_open_to_all(path) for path in paths)
        return Account(name, entry.pw_uid, entry.pw_gid, reach)
    raise SystemExit(
        "PostgreSQL does not run as root and there is no account 'nobody' here. "
        "Create one (useradd --system atrium) or start Atrium as an ordinary user."
    )


def _open_to_all(path: Path) -> bool:
    """Whether anyone may walk through every folder above the path."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def _keep_reach(libc: ctypes.CDLL) -> None:
    """Keep searching of closed folders over exec: CAP_DAC_READ_SEARCH, or, where a container holds only that,
    CAP_DAC_OVERRIDE.
    """

    class Header(ctypes.Structure):
        _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))

    class Data(ctypes.Structure):
        _fields_ = (
            ("effective", ctypes.c_uint32),
            ("permitted", ctypes.c_uint32),
            ("inheritable", ctypes.c_uint32),
        )

    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        bit = 1 << capability
        data = (Data * 2)()
        data[0] = Data(bit, bit, bit)
        if libc.capset(ctypes.byref(Header(CAPABILITY_VERSION_3, 0)), ctypes.byref(data)) == 0:
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)
            return
