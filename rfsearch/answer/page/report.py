"""`--report FILE.html`: the page of one answer, from its JSON document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rfsearch.answer.page.networks import drawn, drawn_of
from rfsearch.answer.page.page import page
from rfsearch.answer.page.wording import costs

if TYPE_CHECKING:
    from rfsearch.network import Network

# What a document's question may say of this machine, which is nobody else's business.
_HERE = ("output", "report", "plot", "export", "format", "quiet", "force")


def report(
    document: Mapping[str, Any],
    command: str,
    *,
    sample: Sequence[Mapping[str, Any]] = (),
    networks: Mapping[str, Network] | None = None,
) -> bytes:
    """The page of a document of search, reach, ladder, show or verify.

    document  in plain JSON values
    command   what reproduces it, shown to be copied
    sample    rows drawn uniformly from all matches, the ground on which a front is seen
    networks  by the name under which the document has them, where it alone does not say enough to
              read them again (show, verify)
    """
    kind = kind_of(document)
    if "query" in document:
        query = {name: said for name, said in document["query"].items() if name not in _HERE}
        document = {**document, "query": query}
    data = {
        "kind": kind,
        "document": document,
        "command": command,
        "costs": costs(document.get("query", {}).get("cost") or {}),
        "sample": sample,
        "networks": drawn(document) if networks is None else drawn_of(networks),
    }
    return page(data, title_of(kind, document))


def kind_of(document: Mapping[str, Any]) -> str:
    """Which word a document is of."""
    for kind, key in (("reach", "reach"), ("ladder", "rungs"), ("show", "layers")):
        if key in document:
            return kind
    return "verify" if "different" in document else "search"


def title_of(kind: str, document: Mapping[str, Any]) -> str:
    """The title of the page in one line."""
    if kind == "show":
        return f"{document['network']} – rfsearch"
    if kind == "verify":
        return "Verified networks – rfsearch"
    query = document["query"]
    what = {"search": "RF", "reach": "Reach, RF", "ladder": "Ladder, RF"}[kind]
    target = query.get("target_rf", "any")
    if isinstance(target, list):
        target = f"{target[0]}–{target[-1]}"
    given = query["input"]
    sizes = " or ".join(map(str, given)) if isinstance(given, list) else given
    return f"{what} {target} on {sizes} – rfsearch"
