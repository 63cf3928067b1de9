#!/usr/bin/env python3
"""Presses the tab key in real shells, each taught by the script that flatlan prints for it.

usage: completion_test.py BINARY bash|zsh|fish [UNITTEST-ARGUMENT...]
"""
import os
import shutil
import sys
import unittest

from flatlan_program import NO_TERMINALS, THREE_NODES, Flatlan, has_terminals

BINARY, SHELL = sys.argv[1], sys.argv[2]
PROMPT = "ready> "

# How a shell starts without the machine's own settings, and what it is told before the first tab.
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"],
             ["bind 'set bell-style none'", f"PS1='{PROMPT}'", "source <(flatlan completion bash)"]),
    "zsh": (["zsh", "-f", "-i"],
            ["autoload -Uz compinit", "compinit -u -D", f"PS1='{PROMPT}'", "unsetopt beep",
             "source <(flatlan completion zsh)"]),
    "fish": (["fish", "--no-config", "-i"],
             [f"function fish_prompt; echo '{PROMPT}'; end", "flatlan completion fish | source"]),
}


class Completion(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan(BINARY, os.geteuid())
        cls.addClassCleanup(cls.flatlan.close)
        cls.flatlan.environment["PATH"] = f"{cls.flatlan.folder}:{os.environ['PATH']}"
        cls.flatlan.file("", "one-lab-file.yaml")
        done = cls.flatlan.run("up", cls.flatlan.file(THREE_NODES))
        assert done.returncode == 0, done

    def offers(self, line, pattern, tabs=1):
        """Types the line and the tab key, and waits until the pattern is shown."""
        command, lessons = SHELLS[SHELL]
        with self.flatlan.terminal(*command) as terminal:
            for lesson in lessons:
                terminal.press(lesson + "\n")
            terminal.press(f"echo taught-$((20+{len(lessons)}))\n" if SHELL != "fish" else
                           f"echo taught-(math 20+{len(lessons)})\n")
            terminal.expect(f"taught-{20 + len(lessons)}")
            terminal.expect(PROMPT)
            terminal.press(line + "\t" * tabs)
            return terminal.expect(pattern)

    def test_a_verb_is_completed(self):
        self.offers("flatlan doct", "or ")

    def test_an_option_and_its_value_are_completed(self):
        self.offers("flatlan ps --out", "put ")
        self.offers("flatlan ps --output j", "son ")

    def test_the_name_of_a_lab_is_completed(self):
        self.offers("flatlan down th", "ree-nodes ")

    def test_pods_and_nodes_are_offered(self):
        self.offers("flatlan exec node/n", r"node/n1\s.*node/n2\s.*node/n3", tabs=2)

    def test_a_file_is_completed(self):
        self.offers("flatlan up one-", "lab-file.yaml ")


if __name__ == "__main__":
    if shutil.which(SHELL) is None:
        print(f"skipped: {SHELL} is not installed")
        sys.exit(77)
    if not has_terminals():
        print(f"skipped: {NO_TERMINALS}")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
