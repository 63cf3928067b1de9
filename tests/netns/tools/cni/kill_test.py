#!/usr/bin/env python3
"""Kills flatlan-cni at random moments of ADD and DEL; after the retry no address and no interface is left over.

usage: kill_test.py PLUGIN CNI_NODE [UNITTEST-ARGUMENT...]
"""
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
import unittest

from cni_node import DEADLINE_S, Container, Node, enter_own_namespaces

PLUGIN, MAKER = sys.argv[1], sys.argv[2]
FULL, REDUCED = 1000, 40
SEED = 1


class KillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rounds = FULL if os.environ.get("FLATLAN_SOAK") else REDUCED
        if cls.rounds < FULL:
            print(f"[ REDUCED  ] cni kills of each verb: {cls.rounds} of {FULL}", flush=True)

    def setUp(self):
        self.node = Node(PLUGIN, MAKER)
        self.addCleanup(self.node.close)
        self.chance = random.Random(SEED)
        self.killed = 0

    def leased(self):
        with sqlite3.connect(f"file:{self.node.folder}/leases.sqlite?mode=ro", uri=True) as database:
            keys = {row[0] for row in database.execute("SELECT key FROM leases")}
        database.close()
        return {key for key in keys if not key.startswith("node:")}

    def length_of(self, command, container):
        began = time.monotonic()
        self.must(self.node.call(command, container))
        return time.monotonic() - began

    def must(self, answer):
        self.assertEqual(answer.status, 0, answer)

    def kill(self, command, container, length):
        """Starts a call and kills it at a moment within its usual length."""
        process = self.node.start(self.node.environment(command, container),
                                  json.dumps(self.node.configuration()))
        try:
            process.wait(timeout=self.chance.uniform(0, length))
        except subprocess.TimeoutExpired:
            process.kill()
            self.killed += 1
        process.communicate(timeout=DEADLINE_S)

    def expect_nothing_left(self, container, moment):
        self.assertEqual(container.links(), set(), f"seed {SEED}, {moment}: in the container")
        self.assertEqual(self.node.links(), set(), f"seed {SEED}, {moment}: on the node")
        self.assertEqual(self.leased(), set(), f"seed {SEED}, {moment}: leases")

    def lengths(self):
        container = Container()
        lengths = {command: self.length_of(command, container) for command in ("ADD", "DEL")}
        container.close()
        return lengths

    def test_add(self):
        length = self.lengths()["ADD"]
        for number in range(self.rounds):
            container = Container()
            self.kill("ADD", container, length)
            if number % 2 == 0 and not self.is_attached(container):
                self.must(self.node.call("ADD", container))  # a runtime that tries again at once
            self.must(self.node.call("DEL", container))
            self.expect_nothing_left(container, f"round {number} of ADD")
            container.close()
        self.assertGreater(self.killed, 0)

    def is_attached(self, container):
        """Whether the call that was to be killed was quicker: then a second ADD is refused."""
        answer = self.node.call("ADD", container)
        if answer.status == 0:
            self.must(self.node.call("DEL", container))
        else:
            self.assertEqual(answer.code, 105, answer)
        return answer.status != 0

    def test_del(self):
        length = self.lengths()["DEL"]
        for number in range(self.rounds):
            container = Container()
            self.must(self.node.call("ADD", container))
            self.kill("DEL", container, length)
            self.must(self.node.call("DEL", container))
            self.expect_nothing_left(container, f"round {number} of DEL")
            container.close()
        self.assertGreater(self.killed, 0)


if __name__ == "__main__":
    enter_own_namespaces()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
