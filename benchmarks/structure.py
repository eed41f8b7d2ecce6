"""How the package is cut: modules, lines, and how many modules serve only one other.

    python -m benchmarks.structure [PACKAGE_FOLDER ...]

One row a package, `auditor` without arguments. Code lines are lines without blanks, comments and docstrings. A module
"that one other imports" is imported, anywhere in its package, by exactly one other module. The figures are reported and
never enforced: size is an outcome.
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)


@dataclass(frozen=True, slots=True)
class Module:
    """One module's figures.

    Attributes:
        name: dotted.
        lines: the line numbers that hold code.
        public: module-level names of functions and classes without an underscore in front.
        functions: the code lines of each function, methods and inner functions included.
        imports: dotted names of modules of the same package.
    """

    name: str
    lines: frozenset[int]
    public: int
    functions: tuple[int, ...]
    defines_one_function: bool
    imports: frozenset[str]


def read_package(folder: Path) -> tuple[Module, ...]:
    """Every module below a package's folder. Raises SyntaxError for one that is no Python."""
    paths = {_dotted(folder, path): path for path in sorted(folder.rglob("*.py"))}
    return tuple(_module(name, path, paths) for name, path in paths.items())


def _dotted(folder: Path, path: Path) -> str:
    parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module(name: str, path: Path, paths: dict[str, Path]) -> Module:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = _code_lines(text, tree)
    defined = [node for node in tree.body if isinstance(node, (*_FUNCTIONS, ast.ClassDef))]
    functions = [node for node in ast.walk(tree) if isinstance(node, _FUNCTIONS)]
    return Module(
        name=name,
        lines=lines,
        public=sum(not node.name.startswith("_") for node in defined),
        functions=tuple(len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1))) for node in functions),
        defines_one_function=len(defined) == 1 and isinstance(defined[0], _FUNCTIONS),
        imports=frozenset(_imports(tree, name, path.name == "__init__.py", paths)) - {name},
    )


def _code_lines(text: str, tree: ast.Module) -> frozenset[int]:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if (
            isinstance(node, (ast.Module, ast.ClassDef, *_FUNCTIONS))
            and ast.get_docstring(node, clean=False) is not None
        ):
            docstring = node.body[0]
            lines -= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return frozenset(lines)


def _imports(tree: ast.Module, name: str, is_package: bool, paths: dict[str, Path]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in paths)
        elif isinstance(node, ast.ImportFrom):
            above = name.split(".")[: (0 if is_package else -1) - node.level + 1 or None] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield from (one for one in (f"{source}.{alias.name}", source) if one in paths)


def row(folder: Path) -> str:
    """A package's figures as a row of a Markdown table."""
    modules = read_package(folder)
    importers: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for imported in module.imports:
            importers[imported].add(module.name)
    filled = [module for module in modules if module.lines]
    functions = sorted(size for module in modules for size in module.functions) or [0]
    figures = (
        len(filled),
        f"{sum(len(module.lines) for module in modules):,}",
        f"{statistics.median(len(module.lines) for module in filled):.0f}",
        f"{sum(module.public for module in filled) / len(filled):.1f}",
        sum(len(importers[module.name]) == 1 for module in filled),
        sum(module.defines_one_function for module in filled),
        functions[int(0.95 * (len(functions) - 1))],
    )
    return f"| {folder.name} | {' | '.join(map(str, figures))} |"


def main() -> None:
    """Prints the table."""
    folders = [Path(name) for name in sys.argv[1:]] or [Path(__file__).parent.parent / "auditor"]
    print("| package | modules | code lines | median module | public names a module |", end=" ")
    print("imported by one other | one function | longest functions (95 %) |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for folder in folders:
        print(row(folder))


if __name__ == "__main__":
    main()
