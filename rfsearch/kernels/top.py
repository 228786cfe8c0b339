"""Kernel of the best-first search: stacks in the order of the ranking, proven as they come.

A node is a prefix of a stack with its costs g and, in lexicographic order, a lower bound f on what
any stack that begins with it can cost. Nodes leave the heap by (f, order of stacks), so that the
first complete one is the best of all that remain. Children are made one at a time: a node that
leaves brings its best child and its next sibling, which keeps the heap as small as the answer.

Three questions share the search, by what makes two nodes comparable (`distinct`):

    NONE     every stack; a node is dropped once k others at its state and depth are no worse
    COSTS    one stack a cost vector; equal nodes at a state and depth are merged
    FAMILY   one stack a family: nodes of the same points (after each strided layer), state and
             future (strided layers to come, or none); one no better than another is dropped
"""

import numpy as np

from rfsearch.kernels import jit
from rfsearch.kernels.bounds import ANY, NO_ENDING, PLAIN, STRIDED
from rfsearch.kernels.graph import DONE, EMPTY, FULL, PAUSED, Graph
from rfsearch.kernels.heap import COMPLETE, Nodes, path_order, pop, push
from rfsearch.kernels.jit import int64
from rfsearch.kernels.mix import mix
from rfsearch.kernels.step import ADD, GREATEST, copy, is_alive, joined

NONE, COSTS, FAMILY = 0, 1, 2
ROOT, END = -2, -1  # in place of an edge


@jit.bare
def _after(
    f: np.ndarray, edge: int, kind: int, last_f: np.ndarray, last_edge: int, last_kind: int
) -> bool:
    """Whether (f, edge, kind) comes after the last child made of the same node."""
    for r in range(len(f)):
        if f[r] != last_f[r]:
            return f[r] > last_f[r]
    if edge != last_edge:
        return edge > last_edge
    return kind > last_kind


@jit.bare
def _next_child(
    graph: Graph, nodes: Nodes, parent: int, last: int, best_g: np.ndarray, best_f: np.ndarray,
    g: np.ndarray, f: np.ndarray,
) -> None:  # fmt: skip
    """Make the parent's best child, or its best after node `last`; no child where none is left.

    `last` is the parent itself where it has none yet.
    """
    fresh = last == parent
    criteria = best_g.shape[0]
    ranked = graph.ranked
    state = nodes.state[parent]
    depth = nodes.depth[parent]
    kind = int64(nodes.kind[parent])
    best_edge = int64(ROOT)
    best_kind = int64(0)
    last_f = nodes.f[last]
    last_edge = int64(nodes.edge[last])
    last_kind = int64(nodes.kind[last])
    if kind != STRIDED and depth >= graph.least_depth and graph.final[state]:
        allowed = True
        for k in range(criteria):
            g[k] = nodes.g[parent, k]
            allowed = allowed and g[k] <= graph.limit[k]
        for r in range(ranked):
            f[r] = g[r]
        if allowed and (
            fresh or _after(f, int64(END), int64(COMPLETE), last_f, last_edge, last_kind)
        ):
            best_edge = int64(END)
            best_kind = int64(COMPLETE)
            copy(g, best_g)
            copy(f, best_f)
    if depth < graph.most_depth:
        for edge in range(graph.first[state], graph.first[state + 1]):
            target = graph.to[edge]
            arc = graph.arc[edge]
            strides = graph.stride[arc] > 1
            if kind == PLAIN and strides:
                continue
            if not is_alive(graph.alive, target, depth + 1, graph.start):
                continue
            allowed = True
            for k in range(criteria):
                added = graph.cost[arc, k]
                g[k] = joined(graph.join[k], nodes.g[parent, k], added)
                if graph.limit[k] < (1 << 62):
                    ends = joined(graph.join[k], g[k], graph.least[0, k, target, depth + 1])
                    allowed = allowed and ends <= graph.limit[k]
            if not allowed:
                continue
            # A strided layer of a STRIDED prefix may be the last such: both futures are children.
            for ahead in range(kind, kind + (2 if kind == STRIDED and strides else 1)):
                if graph.ahead[ahead, 0, target, depth + 1] >= NO_ENDING:
                    continue
                for r in range(ranked):
                    f[r] = joined(graph.join[r], g[r], graph.ahead[ahead, r, target, depth + 1])
                if not fresh and not _after(f, edge, ahead, last_f, last_edge, last_kind):
                    continue
                if best_edge == ROOT or not _after(f, edge, ahead, best_f, best_edge, best_kind):
                    best_edge = int64(edge)
                    best_kind = int64(ahead)
                    copy(g, best_g)
                    copy(f, best_f)
    if best_edge == ROOT:
        return
    node = nodes.used[0]
    nodes.used[0] += 1
    nodes.parent[node] = parent
    nodes.edge[node] = best_edge
    nodes.kind[node] = best_kind
    nodes.family[node] = -1
    copy(best_g, nodes.g[node])
    copy(best_f, nodes.f[node])
    if best_edge == END:
        nodes.order[node] = END
        nodes.state[node] = state
        nodes.depth[node] = depth
    else:
        nodes.order[node] = graph.order[graph.arc[best_edge]]
        nodes.state[node] = graph.to[best_edge]
        nodes.depth[node] = depth + 1
    push(nodes, node)


@jit.bare
def _family_of(graph: Graph, nodes: Nodes, node: int) -> int:
    """The family of a node: its parent's, or after a strided layer that one's next point."""
    parent = nodes.parent[node]
    family = nodes.family[parent]
    edge = nodes.edge[node]
    if edge == END:
        return family
    stride = graph.stride[graph.arc[edge]]
    if stride == 1:
        return family
    spot = graph.spot[nodes.state[node]]
    slot = mix(mix(family, spot), stride) & np.uint64(len(nodes.family_bucket) - 1)
    other = nodes.family_bucket[slot]
    while other >= 0:
        if (
            nodes.family_parent[other] == family
            and nodes.family_spot[other] == spot
            and nodes.family_stride[other] == stride
        ):
            return other
        other = nodes.family_chain[other]
    other = nodes.used[2]
    nodes.used[2] += 1
    nodes.family_parent[other] = family
    nodes.family_spot[other] = spot
    nodes.family_stride[other] = stride
    nodes.family_found[other] = -1
    nodes.family_chain[other] = nodes.family_bucket[slot]
    nodes.family_bucket[slot] = other
    return other


@jit.bare
def _key(nodes: Nodes, node: int, distinct: int) -> np.uint64:
    if distinct == FAMILY:
        return mix(mix(nodes.family[node], nodes.state[node]), nodes.kind[node])
    key = mix(nodes.state[node], nodes.depth[node])
    if distinct == COSTS:
        for k in range(nodes.g.shape[1]):
            key = mix(key, nodes.g[node, k])
    return key


@jit.bare
def _same_key(nodes: Nodes, a: int, b: int, distinct: int) -> bool:
    if nodes.state[a] != nodes.state[b]:
        return False
    if distinct == FAMILY:
        return nodes.family[a] == nodes.family[b] and nodes.kind[a] == nodes.kind[b]
    return nodes.depth[a] == nodes.depth[b]


@jit.bare
def _no_worse(graph: Graph, nodes: Nodes, a: int, b: int) -> bool:
    """Whether the closed node a makes b needless: no worse in all, and earlier where they tie.

    No worse in every criterion; and a's completions must come first where they tie, which either a
    strictly lower sum or, at equal depth, the order of stacks makes sure of. A shallower a must be
    deep enough that whatever completes b completes a within the depth range.
    """
    if nodes.depth[a] > nodes.depth[b]:  # what completes b may pass the depth range after a
        return False
    shallower = nodes.depth[a] < nodes.depth[b]
    ends_here = graph.final[nodes.state[a]] and nodes.kind[a] != STRIDED
    if shallower and nodes.depth[a] + (0 if ends_here else 1) < graph.least_depth:
        return False
    strict = False
    for k in range(nodes.g.shape[1]):
        x = nodes.g[a, k]
        y = nodes.g[b, k]
        if graph.exact:  # sums only: the lexicographic order of g is that of every completion
            if x != y:
                return x < y
            continue
        if graph.join[k] == GREATEST:  # what is still to come passes smaller maxima anyway
            x = max(x, graph.least[0, k, nodes.state[a], nodes.depth[a]])
            y = max(y, graph.least[0, k, nodes.state[b], nodes.depth[b]])
        if x > y:
            return False
        if x < y and k < graph.ranked and graph.join[k] == ADD:
            strict = True
    return strict or (not shallower and path_order(nodes, a, b) < 0)


@jit.bare
def _is_needless(graph: Graph, nodes: Nodes, node: int, distinct: int, wanted: int) -> bool:
    """Whether closed nodes make `node` needless; else it is closed itself."""
    slot = _key(nodes, node, distinct) & np.uint64(len(nodes.bucket) - 1)
    better = 0
    other = nodes.bucket[slot]
    while other >= 0:
        if _same_key(nodes, node, int64(other), distinct):
            if distinct == COSTS:
                equal = True
                for k in range(nodes.g.shape[1]):
                    equal = equal and nodes.g[node, k] == nodes.g[other, k]
                if equal:
                    return True
            elif _no_worse(graph, nodes, int64(other), node):
                better += 1
                if distinct == FAMILY or better >= wanted:
                    return True
        other = nodes.chain[other]
    nodes.chain[node] = nodes.bucket[slot]
    nodes.bucket[slot] = node
    return False


@jit.bare
def _is_found(graph: Graph, nodes: Nodes, node: int, distinct: int) -> bool:
    """Whether the list already has this complete node's family or cost vector."""
    count = nodes.used[3]
    if distinct == COSTS and count > 0:
        for r in range(graph.ranked):
            if nodes.g[nodes.found[count - 1], r] != nodes.g[node, r]:
                return False
        return True
    if distinct == FAMILY:
        place = nodes.family_found[nodes.family[node]]
        while place >= 0:
            if graph.rf[nodes.state[nodes.found[place]]] == graph.rf[nodes.state[node]]:
                return True
            place = nodes.found_chain[place]
    return False


@jit.njit
def rehash(nodes: Nodes, distinct: int, closed_before: int) -> None:
    """Enter the closed nodes and the families anew after the buckets grew."""
    for node in range(closed_before):
        if nodes.chain[node] != -2:
            slot = _key(nodes, node, distinct) & np.uint64(len(nodes.bucket) - 1)
            nodes.chain[node] = nodes.bucket[slot]
            nodes.bucket[slot] = node
    for family in range(1, nodes.used[2]):
        slot = mix(
            mix(nodes.family_parent[family], nodes.family_spot[family]),
            nodes.family_stride[family],
        ) & np.uint64(len(nodes.family_bucket) - 1)
        nodes.family_chain[family] = nodes.family_bucket[slot]
        nodes.family_bucket[slot] = family


@jit.njit
def search(graph: Graph, nodes: Nodes, distinct: int, wanted: int, most_pops: int) -> int:
    """Go on until `wanted` results (DONE), an EMPTY heap, FULL arrays, or so many pops (PAUSED)."""
    criteria = nodes.g.shape[1]
    best_g = np.empty(criteria, np.int64)
    best_f = np.empty(graph.ranked, np.int64)
    g = np.empty(criteria, np.int64)
    f = np.empty(graph.ranked, np.int64)
    if nodes.used[4] == 0:
        for kind in range(STRIDED if distinct == FAMILY else ANY, PLAIN + 1):
            if graph.ahead[kind, 0, graph.start, 0] >= NO_ENDING:
                continue
            node = nodes.used[0]
            nodes.used[0] += 1
            nodes.parent[node] = -1
            nodes.edge[node] = ROOT
            nodes.order[node] = ROOT
            nodes.state[node] = graph.start
            nodes.depth[node] = 0
            nodes.kind[node] = kind
            nodes.family[node] = 0
            for r in range(graph.ranked):
                nodes.f[node, r] = joined(
                    graph.join[r], nodes.g[node, r], graph.ahead[kind, r, graph.start, 0]
                )
            push(nodes, node)
            if distinct != FAMILY:
                break
    for _ in range(most_pops):
        if nodes.used[3] == wanted:
            return DONE
        if nodes.used[1] == 0:
            return EMPTY
        if nodes.used[0] + 4 > len(nodes.parent) or nodes.used[2] + 2 > len(nodes.family_parent):
            return FULL
        node = int64(pop(nodes))
        nodes.used[4] += 1
        if nodes.edge[node] != ROOT:
            _next_child(graph, nodes, int64(nodes.parent[node]), node, best_g, best_f, g, f)
            if distinct == FAMILY:
                nodes.family[node] = _family_of(graph, nodes, node)
        if nodes.kind[node] == COMPLETE:
            if not _is_found(graph, nodes, node, distinct):
                place = nodes.used[3]
                nodes.used[3] += 1
                nodes.found[place] = node
                if distinct == FAMILY:
                    nodes.found_chain[place] = nodes.family_found[nodes.family[node]]
                    nodes.family_found[nodes.family[node]] = place
            continue
        if (
            distinct == FAMILY
            and graph.one_rf
            and nodes.kind[node] == PLAIN
            and nodes.family_found[nodes.family[node]] >= 0
        ):
            continue
        if (distinct != NONE or not graph.exact) and _is_needless(
            graph, nodes, node, distinct, wanted
        ):
            continue
        _next_child(graph, nodes, node, node, best_g, best_f, g, f)
    return PAUSED


@jit.njit
def paths(graph: Graph, nodes: Nodes, rows: np.ndarray) -> None:
    """Write the arcs of every result into rows [k, D], -1 after the end."""
    for place in range(nodes.used[3]):
        node = nodes.parent[nodes.found[place]]
        while nodes.depth[node] > 0:
            rows[place, nodes.depth[node] - 1] = graph.arc[nodes.edge[node]]
            node = nodes.parent[node]
