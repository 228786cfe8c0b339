"""The nodes of the best-first search, and their heap: by bound, then by the order of stacks."""

from typing import NamedTuple

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.jit import int64

COMPLETE = 3  # a kind of node beside ANY, STRIDED and PLAIN of kernels.bounds


class Nodes(NamedTuple):
    """Nodes [N] and families as growable arrays."""

    parent: np.ndarray
    edge: np.ndarray
    order: np.ndarray  # of the edge's arc, see Automaton.order
    state: np.ndarray
    depth: np.ndarray
    kind: np.ndarray
    family: np.ndarray
    g: np.ndarray  # [N, K]
    f: np.ndarray  # [N, R]
    heap: np.ndarray
    bucket: np.ndarray  # heads of chains of closed nodes, by key
    chain: np.ndarray
    family_parent: np.ndarray
    family_spot: np.ndarray
    family_stride: np.ndarray
    family_bucket: np.ndarray
    family_chain: np.ndarray
    family_found: np.ndarray  # head of the family's results
    found: np.ndarray  # complete nodes, best first
    found_chain: np.ndarray
    used: np.ndarray  # nodes, heap, families, found, pops


@jit.bare
def path_order(nodes: Nodes, a: int, b: int) -> int:
    """-1, 0, 1 as the prefix of node a stands before, with or after that of b."""
    if nodes.kind[a] == COMPLETE:
        a = nodes.parent[a]
    if nodes.kind[b] == COMPLETE:
        b = nodes.parent[b]
    longer = nodes.depth[a] - nodes.depth[b]
    while nodes.depth[a] > nodes.depth[b]:
        a = nodes.parent[a]
    while nodes.depth[b] > nodes.depth[a]:
        b = nodes.parent[b]
    order = 0
    while a != b and nodes.depth[a] > 0:
        # Nearest the root wins: where prefixes agree so far, the next arcs can be compared.
        if nodes.order[a] != nodes.order[b]:
            order = -1 if nodes.order[a] < nodes.order[b] else 1
        a = nodes.parent[a]
        b = nodes.parent[b]
    if order == 0 and longer != 0:
        return -1 if longer < 0 else 1
    return order


@jit.bare
def _before(nodes: Nodes, a: int, b: int) -> bool:
    """Whether node a leaves the heap before node b."""
    for r in range(nodes.f.shape[1]):
        if nodes.f[a, r] != nodes.f[b, r]:
            return nodes.f[a, r] < nodes.f[b, r]
    order = path_order(nodes, int64(a), int64(b))  # one type, compiled once
    if order != 0:
        return order < 0
    complete_a = nodes.kind[a] == COMPLETE
    complete_b = nodes.kind[b] == COMPLETE
    if complete_a != complete_b:
        return complete_a
    return a < b


@jit.bare
def push(nodes: Nodes, node: int) -> None:
    """Put a node on the heap."""
    heap = nodes.heap
    at = nodes.used[1]
    nodes.used[1] += 1
    heap[at] = node
    while at > 0:
        up = (at - 1) >> 1
        if not _before(nodes, heap[at], heap[up]):
            break
        heap[at], heap[up] = heap[up], heap[at]
        at = up


@jit.bare
def pop(nodes: Nodes) -> int:
    """Take the first node off the heap."""
    heap = nodes.heap
    top = heap[0]
    nodes.used[1] -= 1
    count = nodes.used[1]
    heap[0] = heap[count]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and _before(nodes, heap[child + 1], heap[child]):
            child += 1
        if not _before(nodes, heap[child], heap[at]):
            break
        heap[at], heap[child] = heap[child], heap[at]
        at = child
    return top
