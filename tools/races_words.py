"""The texts of docs/races.md that people write."""

INTRO = """\
# Races

Many agents share one pool file. `races` shows what they lose if two of them save at the same moment, or if one is
killed or meets an error while it saves:

```
antigravity-conformance races TARGET
antigravity-conformance races TARGET --state missing --out failures
antigravity-conformance replay FAILURE.json TARGET
```

It needs Linux on x86-64 or aarch64, no privilege, and a target that claims `limits`, `storage` and `save`. The adapter
needs no code for it.

## How it works

**A gate.** The kit starts two processes of the target behind a gate: a seccomp filter that holds every call on a file
in the home folder (opening, reading, writing, renaming, linking, removing, `mkdir`, `stat`, `chmod`, locks) until the
kit lets it go. Calls on other files go on at once. This works for every language, for static programs too. The filter
is installed in the process itself, which needs no privilege, and Docker's default profile allows it (Linux 5.5 or
newer).

**A schedule** is the order of these calls, as a list of process numbers. One process runs from call to call until it
ends or the schedule hands over. The same schedule gives the same trace, on a busy machine too.

**Exploration.** For each start state, the kit runs every schedule with at most two preemptions: places where a process
is stopped although it could go on. Two schedules that differ only in calls that do not affect each other count as one.
The processes stay alive from schedule to schedule; only the folder is laid out anew.

**More than two processes.** With `--processes 3`, the schedules are drawn (probabilistic concurrency testing), and the
report states the probability with which they find a fault of depth 2: one that needs two calls in a certain order with
two others. The same `--seed` draws the same schedules.

**Locks.** If a process tries to take a lock that the other one holds, the call is not let go before the lock is free.
So no verdict depends on a timer. The kit finds lock files by watching one save: they are created exclusively, and
removed by the same process before it ends. `flock` and `fcntl` locks work alike. A lock whose owner was killed is not
held back: the next save waits in real time, as long as the target wants.

**Faults.** In the states `present` and `missing`, the first process is killed before each of its calls; then each call
fails with each error that it can meet (ENOSPC, EIO, EACCES, a write of half the bytes). Afterwards the second process
saves. The removal of a lock or of a temporary file never fails, because nothing could be done about what stays. For
a power failure, the kit looks in the trace for an `fsync` before the rename; without one, the target loads an empty
and a half-written file.

**Replay.** Every schedule that is shown was run twice. If it did not do the same again, the verdict is "unknown".
`--out FOLDER` writes one file for each failure, with its trace; `replay` runs it again and compares.

`--html FILE` writes a page with all states and failures. After Ctrl-C, `races` shows and writes what it has found. No
rule passes then, because a state that was not judged may break it.

**In a run.** `run` judges these rules too, by the stored schedules [below](#the-schedules-of-a-run). They name
landmarks, such as the call that replaces the pool file, instead of numbers of calls. So they hold for every target.
Each is run twice, and one that does not do the same again is "unknown".

**Isolation.** `--trace-files FILE` lists every path outside the home folder that the target has opened. `run` has the
option too; there it leaves out the processes of the section PROC.

## The start states

| state | the folder when both processes save |
|-|-|
| `present` | the pool file has the two accounts that both know, and a third one that another process has added |
| `missing` | there is no pool file, because somebody has removed it |
| `no-folder` | there is no config folder either |
| `empty` | the pool file has no content |
| `read-only` | the pool file has the mode 0400 |
| `link` | the pool file is a symbolic link to a file in the same folder |
| `stale-lock` | a lock is there that was left an hour ago; only for targets with a lock file |
| `temporary` | half a temporary file is left; only for targets that rename one |
| `version-N` | the pool file has an older version; here both processes also load it in the schedule |
| `removal` | the first process has removed an account |

In the other states, both processes have loaded the same two accounts before, and each has marked another one as rate
limited.

## What cannot be scheduled

- Orders with more preemptions than `--preemptions` says (at most 3), and every order of three and more processes.
- File calls that a process makes in several threads at once: their order is that of the system. The releases await each
  call. If a trace does not repeat, the verdict is "unknown".
- Writes to a file that is mapped into memory, and calls of a 32-bit program. io_uring is refused, as in old kernels.
- A process that another one starts shares its gate, and counts as one process with it.
- Where the system refuses `pidfd_getfd`, as Docker's default profile does, no write is cut in half.
- A save of more than 2,000 file calls, or a home folder with more than 500 files or 8 MiB: the kit reads the whole
  folder after each call. The verdict is then "unknown".
- A call on a network file system behaves as here, but its server may reorder what the schedule has ordered.

Where seccomp is refused, and on other systems, the command says "not run" with the reason (exit code 5). In a run,
these rules are then "not run", neither passed nor failed.
"""

STRESS = """\
## For comparison: saves in no order

`python -m tools.races_stress TARGET 1000` lets both processes save at the same moment, without a schedule. The losses
depend on the machine and on its load, so they are no verdict. On a busy machine with two cores, release 1.6.0 lost:

| state | saves in no order | all orders with up to 2 preemptions |
|-|-|-|
| `present` | 0 of 1,000 | 0 of 86 |
| `missing` | 1 of 1,000 | 8 of 134 |
| `stale-lock` | 14 of 1,000 | 4 of 164 |

The picture shows one of the last four:

![Two processes take over the same stale lock](pictures/races-stale-lock.svg)
"""

CAUSES = {
    "RACE-001": "The plugin looks whether the file exists and then writes an empty pool, before it takes its lock. It "
    "also removes a stale lock without looking at it a second time, so two processes can both take it over. The two "
    "forks have no lock, so a save that begins before another one ends undoes it.",
    "RACE-002": "Between `create` and `write`, and after it, a reader finds no accounts.",
    "RACE-003": "",
    "RACE-004": "The plugin takes every error of `access` for a missing file, and writes an empty pool over it.",
    "RACE-005": "The fork writes the pool file in place. If it is killed before the write, the file stays empty.",
    "RACE-006": "A killed process leaves its lock. The next save tries again for 2.5 to 2.9 s, but the lock counts as "
    "stale only after 10 s.",
    "RACE-007": "A save writes every account that its session knows (see STO-018).",
    "RACE-008": "The temporary file, and so the pool file, gets the usual mode.",
    "RACE-009": "Each save draws a new name for its temporary file, so nobody removes the file of a killed process.",
    "RACE-010": "The plugin takes a file that it cannot read for one without accounts.",
    "RACE-011": "Nothing is synced before the rename.",
}
