"""The program `flatlan` as a person runs it, for tests: as root or as an ordinary user, with labs of its own."""
import json
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
CHECK_ANSWERS = HERE.parents[3] / "tests" / "golden" / "cli" / "check_answers"
DEADLINE_S = 180
ORDINARY_UID = 12345  # whom root becomes where a test is an ordinary user's
NO_TERMINALS = "this machine lets none but root open a pseudo-terminal (/dev/ptmx)"
CONTROL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # ECMA-48, section 5.4

THREE_NODES = """\
apiVersion: flatlan/v1
kind: Lab
metadata: {name: three-nodes}
spec:
  nodes: 3
  podCIDRs: [10.244.0.0/16, fd00:10:244::/56]
  pods: {count: 4}
"""


class Flatlan:
    """The program under test, run by `uid`, with a folder and a runtime directory that nobody else uses."""

    def __init__(self, binary, uid):
        self.uid = uid
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="flatlan-test-"))
        self.runtime = self.folder / "run"
        self.runtime.mkdir(mode=0o700)
        # Where the build tree lies, an ordinary user may not even look.
        self.program = str(self.folder / "flatlan")
        shutil.copy(binary, self.program)
        for path in (self.folder, self.runtime):
            os.chown(path, uid, uid)
        self.folder.chmod(0o755)
        self.environment = {**os.environ, "XDG_RUNTIME_DIR": str(self.runtime), "HOME": str(self.folder),
                            # Not the caller's: an ordinary user may not search all of its folders.
                            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                            # LeakSanitizer stops all threads from a helper that it cannot start once
                            # `exec` has joined another PID namespace: it would spin for ever.
                            "ASAN_OPTIONS": "detect_leaks=0"}

    @classmethod
    def of(cls, binary, who):
        """Run by `root`, or by an ordinary `user`: the caller, unless that is root."""
        if who == "root":
            return cls(binary, 0)
        return cls(binary, os.geteuid() or ORDINARY_UID)

    def close(self):
        for lab in self.json("ls")["labs"]:
            self.run("down", lab["name"])
        shutil.rmtree(self.folder)

    def command(self, *words):
        return self.as_user(self.program, *words)

    def as_user(self, *words):
        if self.uid == os.geteuid():
            return list(words)
        ids = ["--reuid", str(self.uid), "--regid", str(self.uid), "--clear-groups"]
        return ["setpriv", *ids, *words]

    def file(self, text, name="lab.yaml"):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o644)
        return str(path)

    def run(self, *words, text="", wrap=(), deadline_s=DEADLINE_S):
        """Runs the program to its end; `wrap` is a command in front of it."""
        return subprocess.run([*wrap, *self.command(*words)], input=text, capture_output=True, text=True,
                              env=self.environment, cwd=self.folder, timeout=deadline_s, check=False)

    def start(self, *words):
        return subprocess.Popen(self.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment, cwd=self.folder)

    def json(self, verb, *words, schema=""):
        """The verb's JSON answer, which fits its schema (the verb's name, or this one), whatever its exit status."""
        done = self.run(verb, *words, "--output", "json")
        schema = "error" if '{"error"' in done.stdout[:10] else schema or verb
        fits = subprocess.run([sys.executable, CHECK_ANSWERS, schema, "-"], input=done.stdout,
                              capture_output=True, text=True, check=False)
        if fits.returncode not in (0, 77):
            raise AssertionError(f"flatlan {verb}: {done.stdout}{done.stderr}\n{fits.stdout}{fits.stderr}")
        return json.loads(done.stdout)

    def on_terminal(self, *words, keys=b"", columns=120):
        """Runs flatlan on a terminal to its end; its exit status and all that was shown."""
        with self.terminal(*self.command(*words), columns=columns) as terminal:
            terminal.press(keys)
            shown = terminal.rest()
            return terminal.status(), shown

    def terminal(self, *command, columns=120):
        """Any command on a terminal of its own, in this user's folder and environment."""
        return Terminal(command, self.folder, {**self.environment, "TERM": "xterm"}, columns)


def has_terminals():
    """Whether this user may open pseudo-terminals, as anybody may where devpts is mounted as usual (devpts(5))."""
    return os.access("/dev/ptmx", os.R_OK | os.W_OK)


class Terminal:
    """A command on a pseudo-terminal: what a person would see and type."""

    def __init__(self, command, folder, environment, columns):
        if not has_terminals():
            raise unittest.SkipTest(NO_TERMINALS)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            sized = ["sh", "-c", f'stty cols {columns} rows 40 && exec "$@"', "sh", *command]
            os.execvpe(sized[0], sized, environment)
        self.shown = ""
        self.ended = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)  # which hangs up whatever still runs
        self.status()

    def press(self, keys):
        os.write(self.fd, keys if isinstance(keys, bytes) else keys.encode())

    def read(self, deadline):
        """Adds to `shown`; false when the last process has closed the terminal, or at the deadline."""
        if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
            return False
        try:
            octets = os.read(self.fd, 65536)
        except OSError:  # EIO: nobody is on the other side any more
            return False
        self.shown += octets.decode(errors="replace")
        return bool(octets)

    def expect(self, pattern):
        """Waits until the pattern is shown, colours and moves of the cursor left out, and returns all that was
        shown up to its end."""
        deadline = time.monotonic() + DEADLINE_S
        while not (found := re.search(pattern, self.shown)):
            if not self.read(deadline):
                raise AssertionError(f"{pattern!r} is not shown: {self.shown!r}")
            self.shown = CONTROL_SEQUENCE.sub("", self.shown)
        before, self.shown = self.shown[:found.end()], self.shown[found.end():]
        return before

    def rest(self):
        """All that is shown until the command ends."""
        deadline = time.monotonic() + DEADLINE_S
        while self.read(deadline):
            pass
        return self.shown

    def status(self):
        if self.ended is None:
            self.ended = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.ended


def run_tests(who, arguments, verbosity=1):
    """Runs all tests of the program that calls this; skips them where they are root's and it is not."""
    if who == "root" and os.geteuid() != 0:
        print("skipped: only root runs it as root")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *arguments], verbosity=verbosity)


def wait_until(condition, what):
    """Asks again and again, without a pause of fixed length, until the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {DEADLINE_S} s: {what}")
        select.select([], [], [], 0.02)
