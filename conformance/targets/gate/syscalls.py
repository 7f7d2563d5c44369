"""The system calls that a gate holds, and the seccomp filter for them. `enter.py` uses it in the target's process."""

import errno
import struct

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
SECCOMP = {"x86_64": 317, "aarch64": 277}
IO_URING_SETUP = 425  # file calls through a ring cannot be held, so rings are refused
X32_BIT = 0x40000000

# Calls with a path, and calls with a descriptor as first argument. Each has its number on x86-64 and on aarch64.
PATH_CALLS: dict[str, tuple[int | None, int | None]] = {
    "open": (2, None), "creat": (85, None), "openat": (257, 56), "openat2": (437, 437),
    "stat": (4, None), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "access": (21, None), "faccessat": (269, 48), "faccessat2": (439, 439),
    "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276),
    "link": (86, None), "linkat": (265, 37), "symlink": (88, None), "symlinkat": (266, 36),
    "unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None),
    "mkdir": (83, None), "mkdirat": (258, 34),
    "chmod": (90, None), "fchmodat": (268, 53), "fchmodat2": (452, 452),
    "utime": (132, None), "utimes": (235, None), "futimesat": (261, None), "utimensat": (280, 88),
    "truncate": (76, 45), "readlink": (89, None), "readlinkat": (267, 78),
}  # fmt: skip
DESCRIPTOR_CALLS: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63), "pread64": (17, 67), "readv": (19, 65), "preadv": (295, 69), "preadv2": (327, 286),
    "write": (1, 64), "pwrite64": (18, 68), "writev": (20, 66), "pwritev": (296, 70), "pwritev2": (328, 287),
    "sendfile": (40, 71), "copy_file_range": (326, 285), "ftruncate": (77, 46), "fallocate": (285, 47),
    "fsync": (74, 82), "fdatasync": (75, 83), "fchmod": (91, 52), "flock": (73, 32), "fcntl": (72, 25),
    "getdents64": (217, 61),
}  # fmt: skip

_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_NO_SUCH_CALL = 0x00050000 | errno.ENOSYS
_LOAD, _EQUAL, _AT_LEAST, _ABOVE, _RETURN = 0x20, 0x15, 0x35, 0x25, 0x06  # instructions of classic BPF
_NUMBER_AT, _ARCH_AT, _FIRST_ARGUMENT_AT = 0, 4, 16  # offsets in struct seccomp_data
_LAST_STANDARD_STREAM = 2


def numbers(machine: str) -> dict[int, str]:
    """The held calls of this machine, by number."""
    column = list(AUDIT_ARCH).index(machine)
    calls = {**PATH_CALLS, **DESCRIPTOR_CALLS}
    return {number: name for name, row in calls.items() if (number := row[column]) is not None}


def program(machine: str) -> bytes:
    """The filter, as an array of struct sock_filter.

    Calls on the standard streams go on at once: they carry the wire.
    """
    by_number = numbers(machine)
    tests: list[tuple[int, int, str]] = [(_AT_LEAST, X32_BIT, "refuse"), (_EQUAL, IO_URING_SETUP, "refuse")]
    tests += [(_EQUAL, number, "hold" if by_number[number] in PATH_CALLS else "file") for number in by_number]
    begin = 3  # after the architecture is checked and the number is loaded
    ends = {"allow": begin + len(tests), "file": begin + len(tests) + 1}
    ends |= {"hold": ends["file"] + 3, "refuse": ends["file"] + 4}
    lines = [(_LOAD, 0, 0, _ARCH_AT), (_EQUAL, 0, ends["refuse"] - 2, AUDIT_ARCH[machine]), (_LOAD, 0, 0, _NUMBER_AT)]
    for place, (test, value, goal) in enumerate(tests, begin):
        lines.append((test, ends[goal] - place - 1, 0, value))
    lines += [
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_ABOVE, 1, 0, _LAST_STANDARD_STREAM),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _NOTIFY),
        (_RETURN, 0, 0, _NO_SUCH_CALL),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)
