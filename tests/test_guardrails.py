"""What keeps the code base small and the documentation true."""

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ["dataops_infra", "policies", "stacks", "examples"]
MAXIMUM_FILE_LINES = 400
MAXIMUM_TEST_FILE_LINES = 600
MAXIMUM_FUNCTION_LINES = 50
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[FunctionNode]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, FunctionNode):
            yield node


def test_files_are_short() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in python_files(*CODE)}
    assert {path: lines for path, lines in lengths.items() if lines > MAXIMUM_FILE_LINES} == {}
    tests = {named(path): len(path.read_text().splitlines()) for path in python_files("tests")}
    assert {path: lines for path, lines in tests.items() if lines > MAXIMUM_TEST_FILE_LINES} == {}


def length(path: Path, function: FunctionNode) -> int:
    """Lines of a function. The signature of a command is a table of its options, not code: it does not count."""
    first = function.body[0] if named(path).startswith("dataops_infra/cli/") else function
    return (function.end_lineno or function.lineno) - first.lineno + 1


def test_functions_are_short() -> None:
    long = {
        f"{named(path)}:{function.lineno} {function.name}": length(path, function)
        for path in python_files(*CODE)
        for function in functions(path)
        if length(path, function) > MAXIMUM_FUNCTION_LINES
    }
    assert long == {}


def test_nothing_is_left_to_be_done() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [
        f"{named(path)}:{number}"
        for path in python_files(*CODE)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if words.search(line)
    ]
    assert found == []


def test_modules_have_names_of_the_field() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert [named(path) for path in python_files(*CODE) if vague & set(path.stem.split("_"))] == []


CLOCKS = {"time", "monotonic", "perf_counter", "process_time", "thread_time"}


def test_no_test_measures_time() -> None:
    """Machines are shared: what takes long is counted, or is given so much that the runner's time-out names it."""
    durations = [
        f"{named(path)}:{difference.lineno}"
        for path in python_files("tests")
        if path.name.startswith("test_")
        for difference in ast.walk(ast.parse(path.read_text()))
        if isinstance(difference, ast.BinOp) and isinstance(difference.op, ast.Sub)
        for call in ast.walk(difference)
        if isinstance(call, ast.Call) and ast.unparse(call.func).removesuffix("_ns").rpartition(".")[2] in CLOCKS
    ]
    assert durations == []


def public(node: ast.Module | ast.ClassDef) -> Iterator[FunctionNode | ast.ClassDef]:
    """Classes and functions that users and other modules may name; properties and methods of public classes too."""
    for child in node.body:
        if isinstance(child, FunctionNode | ast.ClassDef) and not child.name.startswith("_"):
            yield child
            if isinstance(child, ast.ClassDef):
                yield from public(child)


def implements_a_service(function: FunctionNode | ast.ClassDef) -> bool:
    """Methods such as ``RegisterResource`` are documented by the service's definition."""
    return isinstance(function, FunctionNode) and function.name[0].isupper()


def test_everything_public_has_a_docstring() -> None:
    missing = []
    for path in python_files("dataops_infra", "policies"):
        module = ast.parse(path.read_text())
        if module.body and not ast.get_docstring(module):
            missing.append(named(path))
        missing += [
            f"{named(path)}:{node.lineno} {node.name}"
            for node in public(module)
            if not ast.get_docstring(node) and not implements_a_service(node)
        ]
    assert missing == []


BLOCKED_IMPORT = """
import importlib.abc, sys

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError("blocked: " + name)
        return None

sys.meta_path.insert(0, Blocked())
import {module}
"""
HEAVY = [
    "pulumi",
    "pulumi_aws",
    "pulumi_gcp",
    "pulumi_policy",
    "grpc",
    "presidio_analyzer",
    "faker",
    "polars",
    "pyarrow",
]


@pytest.mark.parametrize("module", ["dataops_infra", "dataops_infra.conventions", "dataops_infra.errors"])
def test_module_imports_with_pulumi_and_the_masking_stack_blocked(module: str) -> None:
    code = BLOCKED_IMPORT.format(blocked=HEAVY, module=module)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_block_of_imports_blocks() -> None:
    code = BLOCKED_IMPORT.format(blocked=HEAVY, module="dataops_infra.data_lake.s3")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "blocked: pulumi" in done.stderr


def test_component_modules_have_annotations_that_the_provider_host_reads() -> None:
    from dataops_infra.components import COMPONENTS

    for component in COMPONENTS:
        specification = importlib.util.find_spec(component.__module__)
        assert specification is not None
        source = Path(str(specification.origin)).read_text()
        assert "from __future__ import annotations" not in source
        assert "Literal[" not in source


LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    targets = [target for target in LINK.findall(document.read_text()) if "://" not in target]
    assert [target for target in targets if not (document.parent / target).exists()] == []


MAKE_COMMAND = re.compile(r"`make ([a-z-]+)[^`]*`")
DATAOPS_COMMAND = re.compile(r"`dataops ([a-z]+)(?: ([a-z]+))?[^`]*`")
LATER = {"audit", "sandbox", "lake", "mask", "access", "scale"}
"""Command groups of the design that are not built yet; documents that tell of plans may name them."""


def commands_of(text: str, pattern: re.Pattern[str]) -> set[str]:
    return {match[1] for match in pattern.finditer(text)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_commands_in_a_document_exist(document: Path) -> None:
    from dataops_infra.cli import GROUPS

    text = document.read_text()
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert commands_of(text, MAKE_COMMAND) <= targets
    assert commands_of(text, DATAOPS_COMMAND) <= GROUPS.keys() | LATER


def test_changelog_fragments_are_named_as_contributing_says() -> None:
    name = re.compile(r"\d+-[a-z0-9-]+\.(added|changed|fixed|removed)\.md")
    assert [path.name for path in (ROOT / "changelog.d").iterdir() if not name.fullmatch(path.name)] == []
