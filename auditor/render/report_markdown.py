"""The periodic report as Markdown, for a pull request, an issue or a wiki: its blocks under its request."""

from __future__ import annotations

import json

from auditor.audit import Report
from auditor.document.report import report_blocks
from auditor.document.report_request import report_request
from auditor.render.markdown import render_markdown


def report_markdown(report: Report) -> str:
    """The report; every text of a spec or record is escaped."""
    request = json.dumps(report_request(report)).replace("--", "-\\u002d")
    return f"<!-- auditor-report {request} -->\n\n{render_markdown(report_blocks(report))}"
