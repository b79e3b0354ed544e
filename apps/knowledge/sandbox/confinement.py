"""Closing a process for good: own namespaces, resource limits, and a list of the few system calls left.

Once closed, the process can compute, use memory, read and write what is already open, and end. It cannot open
a file, make a socket, start a process or thread, see or signal another process; so no network, no host files,
no secrets, whatever the document makes the parser do. Linux on x86-64 and AArch64; elsewhere `close` refuses.
"""

import contextlib
import ctypes
import os
import platform
import resource
import struct
import sys

from apps.knowledge.parsing.limits import Limits

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_NEW_NAMESPACES = 0x00020000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x40000000  # mount, UTS, IPC, user, net
_NOBODY = 65534
_SIGKILL = 9
_EPERM = 1

# Classic BPF: load the word at an offset, jump if equal, return.
_LOAD, _JUMP_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ARCHITECTURE_AT, _NUMBER_AT = 4, 0
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | _EPERM, 0x80000000

# Names → numbers on x86-64 and AArch64, from the kernel's tables.
_CALLS = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "munmap": (11, 215),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "pread64": (17, 67),
    "writev": (20, 66),
    "sched_yield": (24, 124),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "nanosleep": (35, 101),
    "getpid": (39, 172),
    "exit": (60, 93),
    "gettimeofday": (96, 169),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "sigaltstack": (131, 132),
    "gettid": (186, 178),
    "futex": (202, 98),
    "sched_getaffinity": (204, 123),
    "restart_syscall": (219, 128),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "exit_group": (231, 94),
    "getrandom": (318, 278),
}
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}


class ConfinementError(OSError):
    """This machine cannot close a process; documents must not be read on it."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def limit(limits: Limits) -> None:
    """Bound memory (address space), CPU seconds, file size, open files; no core dump; end with the parent."""
    _set(resource.RLIMIT_AS, limits.memory)
    _set(resource.RLIMIT_CPU, limits.cpu, limits.cpu + 1)
    _set(resource.RLIMIT_FSIZE, 0)
    _set(resource.RLIMIT_CORE, 0)
    _set(resource.RLIMIT_NOFILE, 64)
    _libc().prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)


def close() -> None:
    """Give up everything but the open descriptors and memory, for the rest of this process's life.

    The namespaces and the other user are a second lock where the machine grants them; the system-call filter
    is the one that must hold. Raises ConfinementError where it cannot be set.
    """
    if os.geteuid() == 0:
        with contextlib.suppress(PermissionError):
            os.setgroups([])
            os.setresgid(_NOBODY, _NOBODY, _NOBODY)
            os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    _set(resource.RLIMIT_NPROC, 0)
    _libc().unshare(_NEW_NAMESPACES)
    _libc().prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    _filter_calls()


def _filter_calls() -> None:
    known = _ARCHITECTURES.get(platform.machine()) if os.name == "posix" else None
    if known is None:
        raise ConfinementError(f"no system-call filter for {platform.machine()}")
    program = _compiled(*known)
    libc = _libc()
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise ConfinementError(ctypes.get_errno(), "no_new_privs was refused")
    header = _Program(len(program) // 8, program)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(header), 0, 0) != 0:
        raise ConfinementError(ctypes.get_errno(), "the system-call filter was refused")


def _compiled(architecture: int, column: int) -> bytes:
    """The filter: another architecture is killed, a listed call passes, every other one fails with EPERM."""
    numbers = sorted(pair[column] for pair in _CALLS.values())
    steps = [(_LOAD, 0, 0, _ARCHITECTURE_AT), (_JUMP_EQUAL, 1, 0, architecture), (_RETURN, 0, 0, _KILL)]
    steps.append((_LOAD, 0, 0, _NUMBER_AT))
    for position, number in enumerate(numbers):
        steps.append((_JUMP_EQUAL, len(numbers) - position, 0, number))
    steps += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _set(what: int, soft: int, hard: int | None = None) -> None:
    """Lower a limit, never above what the process was started with."""
    _, ceiling = resource.getrlimit(what)
    ceiling = sys.maxsize if ceiling == resource.RLIM_INFINITY else ceiling
    resource.setrlimit(what, (min(soft, ceiling), min(soft if hard is None else hard, ceiling)))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
