"""Sizes and form: rules `file-size`, `function-size`, `own-header`, `pragma-once`, `comment`, `top-level`."""

import re
from dataclasses import dataclass

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 50
# What may stand at the repository's top, besides dot files.
TOP_LEVEL = set(
    "CMakeLists.txt CMakePresets.json LICENSE README.md ipam overlay tests tools tunnel vagrant".split()
)
_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
# A type that is defined, not only declared, at the left margin; specialisations of std's need no words.
_TYPE = re.compile(
    r"(?:template\s*<.*>\s*)?(?:class|struct|union|enum class)\s+(?:\[\[.*?\]\]\s*)?(\w+)\b(?!::)[^;]*$"
)


def check_file_size(source):
    lines = source.text.count("\n")
    if source.is_cpp and lines >= FILE_LINES_MAX:
        yield source.finding("file-size", lines, f"{lines} lines; under {FILE_LINES_MAX}")


def check_function_size(source):
    if not source.is_cpp:
        return
    for head, first, last in functions(source):
        if last - first + 1 >= FUNCTION_LINES_MAX:
            words = " ".join(head.split())
            size = f"{last - first + 1} lines; under {FUNCTION_LINES_MAX}"
            yield source.finding("function-size", first, f"{words[:60]}: {size}")


def functions(source):
    """(head, first line, last line) of every function that has a body and stands in no other one.

    Leans on clang-format: a body's brace has a space before it, an initialiser's has none or a `=`.
    """
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", _blank, source.code, flags=re.MULTILINE)
    braces = []  # the open ones: _Brace
    start = 0  # where the statement began that the next brace belongs to
    parentheses = 0
    for found in re.finditer(r"[{}();]|\b(?:public|private|protected):", code):
        sign, at = found.group(), found.start()
        if sign in "()":
            parentheses += 1 if sign == "(" else -1
        elif sign == "{":
            head = code[start:at]
            brace = _Brace(head, source.line_at(start + len(head) - len(head.lstrip())))
            if not parentheses and not re.search(r"(?:\S|[=,(]\s+)$", head):
                outside = all(outer.kind == "scope" for outer in braces)
                brace.kind = _kind_of(head) if outside else "inner"
                start = found.end()
            braces.append(brace)
        elif sign == "}" and braces:
            brace = braces.pop()
            if brace.kind == "function":
                yield brace.head, brace.line, source.line_at(at)
            if brace.kind != "initialiser":
                start = found.end()
        elif not parentheses:
            start = found.end()


@dataclass
class _Brace:
    head: str  # what stands before it
    line: int
    kind: str = "initialiser"


def _kind_of(head):
    """What a brace opens that stands in no function."""
    if "(" in re.sub(r"\b(?:requires|alignas)\s*\([^)]*\)", "", head):
        return "function"
    return "scope" if _SCOPE.search(head) else "inner"


def _blank(found):
    return re.sub(r"[^\n]", " ", found.group())


def check_own_header(source, paths):
    """A source includes its own header first: so each header is compiled with nothing before it."""
    own = re.sub(r"\.cpp$", ".hpp", source.path)
    if source.path.endswith(".cpp") and own in paths:
        if not source.includes or source.includes[0].name != own:
            yield source.finding("own-header", 1, f'includes "{own}" first')


def check_pragma_once(source):
    if source.is_header and not source.text.startswith("#pragma once\n"):
        yield source.finding("pragma-once", 1, "a header begins with #pragma once")


def check_comments(source):
    """A type at the level of a namespace says what it is for."""
    if not source.is_header or source.top == "tests":
        return
    lines = source.text.split("\n")
    for number, line in enumerate(lines):
        found = _TYPE.match(line)
        above = number - 1
        while above >= 0 and lines[above].startswith(("template", "requires", "    ")):
            above -= 1
        if found and not lines[above].startswith("///"):
            yield source.finding("comment", number + 1, f"{found.group(1)} has no comment above it")


def check_top_level(source):
    if source.top not in TOP_LEVEL and not source.top.startswith("."):
        yield source.finding("top-level", 1, f"'{source.top}' does not belong at the top")
