"""Calls and words that do not stand in the sources. The rule's name stands first in each line."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Word:
    rule: str
    pattern: re.Pattern
    where: tuple  # top folders
    why: str


def _word(rule, pattern, where, why):
    return Word(rule, re.compile(pattern), tuple(where.split()), why)


_PRODUCT = "overlay ipam tunnel tools"
_LIBRARIES = "overlay ipam tunnel"
_ALL = "overlay ipam tunnel tools tests"

# In code, with comments and strings taken out.
CALLS = [
    _word("shell", r"(?<![\w.>])(?:std::)?(?:system|popen)\s*\(", _ALL, "runs a shell"),
    _word("throw", r"\bthrow\b", _PRODUCT, "nothing of ours throws: return a Result"),
    _word("shared", r"\b(?:shared_ptr|make_shared|weak_ptr)\b", _PRODUCT, "one owner, move-only"),
    _word("print", r"\b(?:printf|fprintf|puts)\s*\(|\bstd::(?:cout|cerr|clog)\b", _LIBRARIES,
          "only tools/ prints: return the text"),
    _word("sleep", r"\b(?:sleep_for|sleep_until|usleep|nanosleep)\b|(?<![\w.>])sleep\s*\(", _ALL,
          "wait for a condition with a deadline"),
    _word("assert", r"(?<!\w)assert\s*\(", _ALL, "FLATLAN_CHECK holds in every build"),
    _word("namespace", r"\busing namespace (?!std::(?:string_view_)?literals|std::chrono_literals)",
          _ALL, "name what is used"),
    _word("chance", r"\b(?:random_device|rand|srand|mt19937(?:_64)?)\b", _ALL,
          "chance comes from a Prng that is handed in"),
    _word("exit", r"(?<![\w.>])(?:std::)?exit\s*\(", _LIBRARIES, "only main decides that the program ends"),
    _word("disabled", r"\bDISABLED_", "tests", "a test runs, or is skipped by name with a reason"),
]

# Anywhere in a text of the repository. Written in parts, so that this file does not name them.
TEXTS = [
    ("unfinished", re.compile(r"\b(?:FIX" r"ME|TO" r"DO|XX" r"X)\b"), "does not land"),
    ("machine", re.compile(r"/(?:ho" r"me|Us" r"ers)/\w+/|/ro" r"ot/\w"), "a path of somebody's machine"),
]


def check_calls(source):
    if not source.is_cpp:
        return
    for word in CALLS:
        if source.top in word.where:
            for found in word.pattern.finditer(source.code):
                line = source.line_at(found.start())
                yield source.finding(word.rule, line, f"{found.group().strip()}: {word.why}")


def check_clock(source, table):
    """A pure layer reads no clock: time is handed in."""
    layer = table.layer_of(source.path)
    if source.is_cpp and layer and "kernel" not in table.layers[layer]:
        for found in re.finditer(r"::now\s*\(\)|\bclock_gettime\b|\bgetenv\b", source.code):
            yield source.finding("pure", source.line_at(found.start()), f"{found.group()} in {layer}")


def check_texts(source, root=""):
    patterns = TEXTS + [("machine", re.compile(re.escape(root) + r"\b"), "this copy's own path")] * bool(root)
    for rule, pattern, why in patterns:
        for found in pattern.finditer(source.text):
            yield source.finding(rule, source.line_at(found.start()), f"{found.group()}: {why}")
