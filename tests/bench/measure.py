"""What benchmarks written as scripts share: running programs, medians, memory, the machine, tables."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build/release"


def build(*targets):
    """Configures and builds the preset `release`; says nothing unless it fails."""
    for command in (
        ["cmake", "--preset", "release", "-DFLATLAN_BENCH=ON"],
        ["cmake", "--build", "--preset", "release", "--target", *targets],
    ):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")


def run(*command, **options):
    """Runs a command to its end and returns what it printed; a failure ends the benchmark with its words."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def timed(*command, **options):
    """(seconds, what it printed)."""
    start = time.monotonic()
    printed = run(*command, **options)
    return time.monotonic() - start, printed


def kernel_memory():
    """Octets in use that are neither free, nor a process's, nor file contents: the kernel's own."""
    info = _meminfo()
    theirs = info["MemFree"] + info["Buffers"] + info["Cached"] + info["AnonPages"] + info["SwapCached"]
    return info["MemTotal"] - theirs


def available_memory():
    return _meminfo()["MemAvailable"]


def _meminfo():
    lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
    return {name.rstrip(":"): int(value) * 1024 for name, value, *_ in lines}


class PeakMemory:
    """The most memory that was in use while the block ran, above what was in use before, in octets."""

    INTERVAL_S = 0.02

    def __enter__(self):
        self._before = self._least = available_memory()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def _look(self):
        while not self._over.wait(self.INTERVAL_S):
            self._least = min(self._least, available_memory())

    def __exit__(self, *_):
        self._over.set()
        self._watch.join()
        self.octets = self._before - min(self._least, available_memory())


def machine():
    """One line: processors, memory, kernel, who runs it, and how busy the machine was before."""
    model = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory_gib = _meminfo()["MemTotal"] / 2**30
    who = "root" if os.geteuid() == 0 else "an ordinary user"
    return (
        f"{len(os.sched_getaffinity(0))} cores of {model}, {memory_gib:.0f} GiB, Linux {platform.release()},"
        f" as {who}, load average before {os.getloadavg()[0]:.1f}"
    )


def median_with_spread(values, unit, digits=2):
    """ "1.52 s (1.49 to 1.70)": the median, and the least and greatest when there are several."""
    middle = statistics.median(values)
    text = f"{middle:.{digits}f} {unit}"
    if len(values) > 1:
        text += f" ({min(values):.{digits}f} to {max(values):.{digits}f})"
    return text


def print_table(header, rows):
    """As Markdown, so that it can stand in a README as it is printed."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, ["-" * width for width in widths], *rows]:
        print("| " + " | ".join(str(cell).ljust(width) for cell, width in zip(row, widths)) + " |")


def as_root_of_own_namespaces():
    """What stands before a command that makes namespaces: nothing for root."""
    if os.geteuid() == 0:
        return []
    if not shutil.which("unshare"):
        sys.exit("an ordinary user needs unshare(1) for the kernel's own figures")
    return ["unshare", "--user", "--map-root-user", "--net"]
