"""The screen of `rfsearch show --sizes` and `--tiling`: which sizes work, how to cut an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rfsearch.network.sizes.document import sizes_document, tiling_document
from rfsearch.network.words import AXIS_NAMES

if TYPE_CHECKING:
    from rfsearch.network.network import Network


def sizes_lines(network: Network) -> list[str]:
    """The sizes that the network takes, along each axis that differs from those before."""
    return ["Input sizes", *_by_axis(network, sizes_document(network), _sizes)]


def tiling_lines(network: Network) -> list[str]:
    """Tiles whose kept outputs, side by side, are the whole image's."""
    lines = ["Tiling", *_by_axis(network, tiling_document(network), _tiling)]
    if network.features_index != network.main:
        lines.append(
            f"  tiles reproduce the features before the head, row {network.features_index}"
        )
    return lines


def _by_axis(
    network: Network,
    documents: list[dict[str, Any]],
    lines_of: Callable[[dict[str, Any]], list[str]],
) -> list[str]:
    """The lines of each axis; of axes that say the same, the first alone."""
    said = [lines_of(document) for document in documents]
    if all(one == said[0] for one in said):
        return [f"  {line}" for line in said[0]]
    names = AXIS_NAMES[len(network.input)]
    return [
        line
        for name, lines in zip(names, said, strict=True)
        for line in (f"  {name}", *(f"    {one}" for one in lines))
    ]


def _sizes(document: dict[str, Any]) -> list[str]:
    works, divides = document["works"], document["divides"]
    lines = [f"work: {works['rule']}", f"near {document['input']}: {_listed(works['near'])}"]
    if document["least"] is not None:
        lines.insert(1, f"least: {document['least']}")
    if divides is not None and divides != works:
        near = f"; near: {_listed(divides['near'])}" if divides["near"] else ""
        lines.append(f"every stride divides: {divides['rule']}{near}")
    return lines


def _tiling(document: dict[str, Any]) -> list[str]:
    if not document["possible"]:
        return [document["reason"]]
    before, after = document["halo"]
    begin, end = document["cut"]
    lines = [
        f"halo: {before} pixels before, {after} after",
        f"cut away: {begin} outputs before, {end} after",
        f"alignment: tiles start at multiples of {document['alignment']}",
        f"tile sizes: {document['rule']}; least: {document['least']}",
    ]
    lines += [
        f"tiles of {one['tile']}: step {one['step']}, {one['count']} tiles"
        for one in document["tiles"]
    ]
    if not document["tiles"]:
        lines.append(f"no tile is smaller than the input of {document['input']}")
    return lines


def _listed(sizes: list[int]) -> str:
    return ", ".join(map(str, sizes)) or "none"
