"""Mutants of the code: one random change to a module, and whether the tests of its package notice it.

python -m benchmarks.sweep.code_mutants assess clauses gate store --count 10 --seed 20261128

One mutant at a time, in a copy of the commit. Prints a line for each: killed, or SURVIVED with the change that no test
noticed. Places are drawn evenly over a package, so that a long module has more of them. Tests that take more than
`TIMEOUT` seconds have noticed the change as well.
"""

from __future__ import annotations

import argparse
import ast
import io
import os
import random
import signal
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sweep.outcome import ROOT

TIMEOUT = 900
_COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: (" is ", " is not "),
    ast.IsNot: (" is not ", " is "),
    ast.In: (" in ", " not in "),
    ast.NotIn: (" not in ", " in "),
}
_OPERATORS: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
}


@dataclass(frozen=True, slots=True)
class CodeMutant:
    """A change to a file: bytes `start` to `stop`, on a line, replaced."""

    path: str
    line: int
    start: int
    stop: int
    before: str
    after: str

    def apply(self, source: bytes) -> bytes:
        """The source of the file with the change."""
        return source[: self.start] + self.after.encode() + source[self.stop :]


class _Places(ast.NodeVisitor):
    """Collects the changes that can be made to a module; annotations, docstrings and imports stay."""

    def __init__(self, path: str, source: bytes) -> None:
        self.mutants: list[CodeMutant] = []
        self._path, self._source, self._starts = path, source, [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + column

    def _replace(self, node: ast.expr | ast.stmt, new: str) -> None:
        start, stop = (
            self._offset(node.lineno, node.col_offset),
            self._offset(node.end_lineno or 0, node.end_col_offset or 0),
        )
        self.mutants.append(CodeMutant(self._path, node.lineno, start, stop, self._source[start:stop].decode(), new))

    def _between(self, left: ast.expr, right: ast.expr, change: tuple[str, str]) -> None:
        start = self._offset(left.end_lineno or 0, left.end_col_offset or 0)
        stop = self._offset(right.lineno, right.col_offset)
        text = self._source[start:stop].decode()
        if text.count(change[0]) == 1:
            self.mutants.append(CodeMutant(self._path, left.end_lineno or 0, start, stop, text, text.replace(*change)))

    def visit_Compare(self, node: ast.Compare) -> None:
        sides = [node.left, *node.comparators]
        for left, right, operator in zip(sides, sides[1:], node.ops, strict=False):
            self._between(left, right, _COMPARISONS[type(operator)])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in _OPERATORS:
            self._between(node.left, node.right, _OPERATORS[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        change = (" and ", " or ") if isinstance(node.op, ast.And) else (" or ", " and ")
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, change)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            self._replace(node, f"bool({ast.unparse(node.operand)})")
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if not any(isinstance(part, ast.NamedExpr) for part in ast.walk(node.test)):
            self._replace(node.test, "True")
            self._replace(node.test, "False")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            self._replace(node, str(not node.value))
        elif isinstance(node.value, int):
            self._replace(node, str(node.value + 1))
        elif isinstance(node.value, float):
            self._replace(node, repr(node.value * 2 + 0.1))

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._replace(node, "pass")
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None and not isinstance(node.value, ast.Constant):
            self._replace(node.value, "None")
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        """Annotations are no behaviour."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Words are compared as whole outputs, by the tests of `render` and `document`."""


def draw_mutants(root: Path, package: str, count: int, seed: int) -> list[CodeMutant]:
    """So many different mutants of `auditor/<package>` below `root`, drawn evenly from all places."""
    mutants: list[CodeMutant] = []
    for file in sorted((root / "auditor" / package).rglob("*.py")):
        source = file.read_bytes()
        places = _Places(file.relative_to(root).as_posix(), source)
        places.visit(ast.parse(source))
        mutants += places.mutants
    return random.Random(f"{package} {seed}").sample(mutants, min(count, len(mutants)))


def _run_tests(tree: Path, tests: Sequence[str]) -> bool:
    """Whether they pass, in time. Ends their whole process group, so that nothing of a mutant stays behind."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", *tests]
    environment = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return process.wait(TIMEOUT) == 0
    except subprocess.TimeoutExpired:
        return False
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def tests_of(mutant: CodeMutant, package: str, exists: Callable[[str], bool]) -> Iterator[tuple[str, ...]]:
    """The tests to run, in turn: those of the module's name, then those of the package."""
    own = f"tests/{package}/test_{Path(mutant.path).stem}.py"
    if exists(own):
        yield (own,)
    yield (f"tests/{package}",)


def main() -> int:
    """Prints a line a mutant; 1 where one survives."""
    parser = argparse.ArgumentParser(description="Random changes to the code, held against the tests of its package.")
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--count", type=int, default=10, help="mutants a package")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--skip", type=int, default=0, help="so many of each package that were run before")
    namespace = parser.parse_args()
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, check=True, capture_output=True).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(tree, filter="data")
        for package in namespace.packages:
            drawn = draw_mutants(tree, package, namespace.count, namespace.seed)
            for number, mutant in enumerate(drawn[namespace.skip :]):
                file = tree / mutant.path
                source = file.read_bytes()
                file.write_bytes(mutant.apply(source))
                tests = tests_of(mutant, package, lambda path: (tree / path).exists())
                killed = any(not _run_tests(tree, paths) for paths in tests)
                file.write_bytes(source)
                survivors += not killed
                change = f"{mutant.before!r} -> {mutant.after!r}" if not killed else ""
                place = f"{number + namespace.skip + 1}. {mutant.path}:{mutant.line}"
                print(f"{'killed  ' if killed else 'SURVIVED'} {package} {place} {change}".rstrip(), flush=True)
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
