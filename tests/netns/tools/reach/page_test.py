#!/usr/bin/env python3
"""Opens the page of a reachability test in a real browser, and reads there what the page draws.

usage: page_test.py BINARY
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from flatlan_program import Flatlan  # noqa: E402

BINARY = sys.argv[1]
BROWSER_S = 60
LAB = """
apiVersion: flatlan/v1
kind: Lab
metadata: {name: page}
spec:
  nodes: 2
  pods: {count: 4}
"""


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.flatlan = Flatlan(BINARY, os.geteuid())
        cls.addClassCleanup(cls.flatlan.close)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        lab = cls.folder / "lab.yaml"
        lab.write_text(LAB)
        done = cls.flatlan.run("up", str(lab))
        assert done.returncode == 0, done
        cls.addClassCleanup(lambda: cls.flatlan.run("down", "page"))

    def reach(self, status):
        page, junit = self.folder / "reach.html", self.folder / "reach.xml"
        done = self.flatlan.run("reach", "page", "--html", str(page), "--junit", str(junit))
        self.assertEqual(done.returncode, status, done)
        return page, xml.parse(junit).getroot()

    def browse(self, page, *flags):
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1600",
                   "--disable-background-networking", f"--user-data-dir={self.folder / 'browser'}"]
        done = subprocess.run([*browser, *flags, page.as_uri()], capture_output=True, text=True, timeout=BROWSER_S)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def drawn(self, page):
        """What stands on the page once its own script has run."""
        return re.sub(r"<script.*?</script>", "", self.browse(page, "--dump-dom"), flags=re.S)

    def test_a_whole_lab_and_a_broken_one(self):
        page, junit = self.reach(status=0)
        seen = self.drawn(page)
        self.assertIn('<h1 id="headline">page: all 216 checks hold</h1>', seen)
        self.assertIn('<body class="whole">', seen)
        self.assertEqual(seen.count('<rect class="hold"'), 6)
        self.assertIn('<section id="causes-section" hidden="">', seen)
        self.assertEqual((junit.get("tests"), junit.get("failures")), ("36", "0"))

        # Nothing of the tunnel's own, which would be put right at once.
        rules = ("add table inet fault; add chain inet fault in { type filter hook prerouting priority -300; };"
                 " add rule inet fault in udp dport 4789 drop")
        done = self.flatlan.run("exec", "--lab", "page", "node/n2", "--", "nft", rules)
        self.assertEqual(done.returncode, 0, done)
        page, junit = self.reach(status=1)
        seen = self.drawn(page)
        self.assertIn('<h1 id="headline">page: 108 of 216 checks fail</h1>', seen)
        self.assertIn('<body class="broken">', seen)
        self.assertEqual(seen.count('<rect class="part"'), 6)
        self.assertRegex(seen, r'<ol id="causes"><li><code>[a-z_]+</code>')
        self.assertEqual(seen.count("<tr><td>"), 18)
        self.assertEqual((junit.get("tests"), junit.get("failures")), ("36", "18"))

        for scheme in ("light", "dark"):
            picture = self.folder / f"{scheme}.png"
            self.browse(page, f"--screenshot={picture}", *(["--force-dark-mode"] if scheme == "dark" else []))
            self.assertTrue(picture.read_bytes().startswith(b"\x89PNG"))
        self.assertNotEqual((self.folder / "light.png").read_bytes(), (self.folder / "dark.png").read_bytes())


if __name__ == "__main__":
    if shutil.which("chromium") is None:
        print("skipped: no chromium on this machine")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
