// LTMOA*: lazy multi-objective A* (Hernandez, Yeoh, Baier, Felner, Salzman, Zhang, Chan, Koenig,
// "Multi-objective search via lazy and efficient dominance checks", IJCAI 2023), three costs.
//
// Labels are expanded in lexicographic order of f = g + h. A label is checked against its node's
// staircase and the end's when it is made and again when it is taken, and never against the open
// ones: that is the lazy part. Written from the paper.
#include "labels.hpp"

namespace {

struct Label {
    Costs f, g;
    int32_t node;

    bool operator<(const Label &other) const { return f > other.f; }  // a heap has the greatest
};

}  // namespace

// The end's cost vectors into `front` [most, 3]; returns their number, or -1 where most is too few.
// labels: how many were made, taken and expanded.
extern "C" int64_t ltmoa(const Graph *graph, int64_t *front, int64_t most, int64_t *labels) {
    const Graph &g = *graph;
    std::vector<Costs> least = least_to_end(g);
    std::vector<Staircase> closed(g.nodes);
    std::priority_queue<Label> open;
    open.push({least[g.start], {0, 0, 0}, g.start});
    int64_t found = 0, made = 1, taken = 0, expanded = 0;
    Staircase &ends = closed[g.end];
    while (!open.empty()) {
        Label x = open.top();
        open.pop();
        taken++;
        if (closed[x.node].dominates(x.g[1], x.g[2]) || ends.dominates(x.f[1], x.f[2])) continue;
        closed[x.node].add(x.g[1], x.g[2]);
        if (x.node == g.end) {
            if (found == most) return -1;
            for (int c = 0; c < COSTS; c++) front[3 * found + c] = x.g[c];
            found++;
            continue;
        }
        expanded++;
        for (int64_t e = g.first[x.node]; e < g.first[x.node + 1]; e++) {
            int32_t node = g.to[e];
            Costs cost = x.g + g.of(e), f = cost + least[node];
            if (closed[node].dominates(cost[1], cost[2]) || ends.dominates(f[1], f[2])) continue;
            open.push({f, cost, node});
            made++;
        }
    }
    labels[0] = made, labels[1] = taken, labels[2] = expanded;
    return found;
}
