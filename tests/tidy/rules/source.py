"""A source file as the rules see it."""

import re
from dataclasses import dataclass
from functools import cached_property

# A comment, a string, a raw string, or a character: what may hold words that are no code. A quote
# between digits (1'000) is none.
_NO_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)
_INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    quoted: bool


@dataclass(frozen=True)
class Source:
    """`path` counts from the repository's root."""

    path: str
    text: str

    @property
    def is_cpp(self):
        return self.path.endswith((".hpp", ".cpp"))

    @property
    def is_header(self):
        return self.path.endswith(".hpp")

    @property
    def top(self):
        return self.path.split("/")[0]

    @cached_property
    def code(self):
        """The text with comments, strings and characters blanked; every line keeps its place."""
        return _NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found.group()), self.text)

    @cached_property
    def includes(self):
        return [
            Include(self.line_at(found.start(1)), found.group(2), found.group(1) == '"')
            for found in _INCLUDE.finditer(self.text)
        ]

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def finding(self, rule, line, text):
        return Finding(rule, self.path, line, text)
