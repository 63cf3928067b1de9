"""Who may include whom: rule `layer`; which header may show a library's types: rule `library`."""

import re
from dataclasses import dataclass
from fnmatch import fnmatch

# What a pure layer must not use of the standard library: input, output, clocks' owners, threads.
_IMPURE = set(
    "atomic barrier condition_variable filesystem fstream future iostream latch mutex ofstream"
    " print random semaphore shared_mutex stop_token syncstream thread".split()
)


@dataclass(frozen=True)
class Library:
    headers: list
    types: re.Pattern
    wrappers: list

    def owns(self, header):
        return any(fnmatch(header, pattern) for pattern in self.headers)


@dataclass(frozen=True)
class Table:
    layers: dict  # folder or header without its ending -> what it may include
    libraries: dict

    def layer_of(self, path):
        """The longest line of the table under which the file stands, or None."""
        stem = re.sub(r"\.[hc]pp$", "", path)
        under = [name for name in self.layers if stem == name or path.startswith(name + "/")]
        return max(under, key=len, default=None)

    def library_of(self, header):
        return next((name for name, lib in self.libraries.items() if lib.owns(header)), None)


def read_table(text):
    layers, libraries, section = {}, {}, None
    for line in text.splitlines():
        columns = re.split(r"\s{2,}", line.strip())
        if not line.strip() or line.startswith("#"):
            continue
        if columns[0] in ("layer", "library"):
            section = columns[0]
        elif section == "layer":
            layers[columns[0]] = columns[1].split()
        else:
            name, headers, types, wrappers = columns
            libraries[name] = Library(
                headers.split(),
                re.compile(types if types != "-" else r"(?!)"),
                wrappers.split() if wrappers != "-" else [],
            )
    return Table(layers, libraries)


def check_layers(source, table):
    if not source.is_cpp:
        return
    layer = table.layer_of(source.path)
    if layer is None:
        yield source.finding("layer", 1, "stands in no layer of tests/tidy/layers.txt")
        return
    may = table.layers[layer]
    for include in source.includes:
        problem = _breach(include, layer, may, table)
        if problem:
            yield source.finding("layer", include.line, f"{layer} may not include {problem}")


def _breach(include, layer, may, table):
    """What is wrong with the include, or None."""
    name = include.name
    if include.quoted:
        target = table.layer_of(name)
        if target is None:
            return f'"{name}": it stands in no layer, or is not written from the root'
        allowed = target == layer or any(target == m or target.startswith(m + "/") for m in may)
        return None if allowed else f"{target} ({name})"
    library = table.library_of(name)
    if library:
        return None if library in may else f"{library} (<{name}>)"
    if "kernel" in may:
        return None
    if "." in name or "/" in name:
        return f"<{name}>: a header of the system"
    return f"<{name}>: it is not pure" if name in _IMPURE else None


def check_libraries(source, table):
    if not source.is_header or source.top == "tests":
        return
    for name, library in table.libraries.items():
        if source.path in library.wrappers:
            continue
        shown = library.types.search(source.code)
        if shown:
            line = source.line_at(shown.start())
            yield source.finding("library", line, f"shows {shown.group()} of {name}")
        elif library.types.pattern != "(?!)":
            for include in source.includes:
                if library.owns(include.name):
                    yield source.finding("library", include.line, f"includes {name}")
