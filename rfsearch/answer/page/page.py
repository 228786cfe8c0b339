"""One HTML file that needs nothing else: the bundle, the styles, and what the page shows as data.

The data are JSON, compressed and in base64, so that no name in them can be markup. The content
security policy allows the one script and the one style sheet by their hashes, and no request.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from rfsearch.answer.output.plain import plain

_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; img-src data:; "
    "connect-src {connect}; base-uri 'none'; form-action 'none'"
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="rfsearch">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<div id="page"><noscript>This page draws with JavaScript, which is off.</noscript></div>
<script type="text/plain" id="data">{data}</script>
<script>{script}</script>
</body>
</html>
"""


def page(data: Mapping[str, Any], title: str, serving: bool = False) -> bytes:
    """The page of `data`, see docs/page.md for its keys; where it is served, it may ask its server.

    The same bytes for the same data.
    """
    script, style = bundled("page.js"), bundled("page.css")
    policy = _POLICY.format(
        script=_hash(script), style=_hash(style), connect="'self'" if serving else "'none'"
    )
    return _PAGE.format(
        policy=policy,
        title=escape(title),
        style=style,
        script=script,
        data=packed(data),
    ).encode()


def packed(data: Mapping[str, Any]) -> str:
    """`data` as compressed JSON in base64."""
    text = json.dumps(plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def bundled(name: str) -> str:
    """A file of the bundle, as it stands in the package."""
    return (files("rfsearch.answer.page") / "bundle" / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
