// A graph with three costs an arc, for the label-setting searches; and lower bounds to its end.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <queue>
#include <vector>

constexpr int COSTS = 3;
using Costs = std::array<int64_t, COSTS>;

// Arcs by source: those of node v are first[v] .. first[v + 1]; costs has three numbers an arc.
struct Graph {
    int nodes, start, end;
    const int64_t *first;
    const int32_t *to;
    const int64_t *cost;

    Costs of(int64_t arc) const { return {cost[3 * arc], cost[3 * arc + 1], cost[3 * arc + 2]}; }
};

inline Costs operator+(const Costs &a, const Costs &b) {
    return {a[0] + b[0], a[1] + b[1], a[2] + b[2]};
}

constexpr int64_t FAR = std::numeric_limits<int64_t>::max() / 4;

// For every node and cost alone the least that is still to come (Dijkstra, backward).
inline std::vector<Costs> least_to_end(const Graph &g) {
    std::vector<std::vector<std::pair<int32_t, int64_t>>> into(g.nodes);
    for (int v = 0; v < g.nodes; v++)
        for (int64_t e = g.first[v]; e < g.first[v + 1]; e++) into[g.to[e]].push_back({v, e});
    std::vector<Costs> least(g.nodes, Costs{FAR, FAR, FAR});
    for (int c = 0; c < COSTS; c++) {
        using Entry = std::pair<int64_t, int32_t>;
        std::priority_queue<Entry, std::vector<Entry>, std::greater<Entry>> open;
        least[g.end][c] = 0;
        open.push({0, g.end});
        while (!open.empty()) {
            auto [distance, node] = open.top();
            open.pop();
            if (distance > least[node][c]) continue;
            for (auto [from, arc] : into[node]) {
                int64_t next = distance + g.cost[3 * arc + c];
                if (next < least[from][c]) least[from][c] = next, open.push({next, from});
            }
        }
    }
    return least;
}

// Labels are taken in lexicographic order, so that the first cost never falls and dominance needs
// the other two alone (dimension reduction, Pulido, Mandow and Perez de la Cruz 2015). What is kept
// of a node is then a staircase: the second ascends, the third falls.
struct Staircase {
    std::vector<std::pair<int64_t, int64_t>> steps;

    bool dominates(int64_t second, int64_t third) const {
        // The last step whose second is no more has the least third of those.
        auto at = std::upper_bound(steps.begin(), steps.end(),
                                   std::make_pair(second, std::numeric_limits<int64_t>::max()));
        return at != steps.begin() && std::prev(at)->second <= third;
    }

    // Only of what is not dominated: it takes the place of the steps that it dominates.
    void add(int64_t second, int64_t third) {
        auto from = std::lower_bound(steps.begin(), steps.end(), std::make_pair(second, third));
        auto until = from;
        while (until != steps.end() && until->second >= third) ++until;
        if (from != until) {
            *from = {second, third};
            steps.erase(from + 1, until);
        } else {
            steps.insert(from, {second, third});
        }
    }
};
