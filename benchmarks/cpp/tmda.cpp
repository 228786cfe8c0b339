// T-MDA: targeted multi-objective Dijkstra (Maristany de las Casas, Kraus, Sedeno-Noda, Borndorfer,
// "Targeted multiobjective Dijkstra algorithm", Networks 2023), three costs.
//
// The queue holds one label a node at most: the lexicographically least of f = g + h that may still
// be efficient. The others wait in lists, one an arc, in order, as their predecessors were made
// permanent in order. When a node's label is taken, the next is looked for at the heads of the
// lists of its incoming arcs; a head that is dominated goes. Written from the paper.
#include "labels.hpp"

namespace {

struct Label {
    Costs f, g;
    int64_t arc;  // by which it came, -1 for the start's
};

struct Search {
    const Graph &g;
    std::vector<Costs> least;
    std::vector<Staircase> permanent;
    std::vector<std::vector<Label>> waiting;  // by arc, ascending in f; those before `head` are gone
    std::vector<size_t> head;
    std::vector<std::vector<int64_t>> into;   // arcs by target
    std::vector<Label> best;                  // a node's label in the queue
    std::vector<int32_t> heap, place;         // nodes by their label; place -1: not in the queue
    int64_t made = 1, taken = 0;

    explicit Search(const Graph &graph)
        : g(graph), least(least_to_end(g)), permanent(g.nodes), waiting(g.first[g.nodes]),
          head(g.first[g.nodes], 0), into(g.nodes), best(g.nodes), place(g.nodes, -1) {
        for (int v = 0; v < g.nodes; v++)
            for (int64_t e = g.first[v]; e < g.first[v + 1]; e++) into[g.to[e]].push_back(e);
    }

    bool dominated(int32_t node, const Label &x) const {
        return permanent[node].dominates(x.g[1], x.g[2]) ||
               permanent[g.end].dominates(x.f[1], x.f[2]);
    }

    void swap_in(size_t at, int32_t node) { heap[at] = node, place[node] = int32_t(at); }

    void up(size_t at) {
        int32_t node = heap[at];
        for (; at > 0 && best[node].f < best[heap[(at - 1) / 2]].f; at = (at - 1) / 2)
            swap_in(at, heap[(at - 1) / 2]);
        swap_in(at, node);
    }

    void down(size_t at) {
        int32_t node = heap[at];
        for (size_t child; (child = 2 * at + 1) < heap.size(); at = child) {
            if (child + 1 < heap.size() && best[heap[child + 1]].f < best[heap[child]].f) child++;
            if (!(best[heap[child]].f < best[node].f)) break;
            swap_in(at, heap[child]);
        }
        swap_in(at, node);
    }

    void push(int32_t node, const Label &x) {
        best[node] = x;
        place[node] = int32_t(heap.size());
        heap.push_back(node);
        up(heap.size() - 1);
    }

    int32_t pop() {
        int32_t node = heap[0], last = heap.back();
        heap.pop_back();
        place[node] = -1;
        if (!heap.empty() && last != node) heap[0] = last, down(0);
        return node;
    }

    // The least label that waits for the node and is not dominated; those that are go.
    void next_of(int32_t node) {
        const Label *first = nullptr;
        for (int64_t arc : into[node]) {
            auto &row = waiting[arc];
            while (head[arc] < row.size() && dominated(node, row[head[arc]])) head[arc]++;
            if (head[arc] == row.size()) {
                row.clear();
                head[arc] = 0;
            } else if (!first || row[head[arc]].f < first->f) {
                first = &row[head[arc]];
            }
        }
        if (!first) return;
        Label x = *first;
        head[x.arc]++;
        push(node, x);
    }

    void propagate(const Label &x, int32_t node) {
        for (int64_t e = g.first[node]; e < g.first[node + 1]; e++) {
            int32_t to = g.to[e];
            Costs cost = x.g + g.of(e);
            Label y{cost + least[to], cost, e};
            if (dominated(to, y)) continue;
            made++;
            if (place[to] < 0) {
                push(to, y);
            } else if (y.f < best[to].f) {
                // The one that it displaces was the head of its arc's list, and is again.
                Label old = best[to];
                auto &row = waiting[old.arc];
                if (head[old.arc] > 0) row[--head[old.arc]] = old;
                else row.insert(row.begin(), old);
                best[to] = y;
                up(place[to]);
            } else {
                waiting[e].push_back(y);
            }
        }
    }
};

}  // namespace

// As ltmoa: the end's cost vectors into `front`, their number returned; labels made and taken.
extern "C" int64_t tmda(const Graph *graph, int64_t *front, int64_t most, int64_t *labels) {
    Search s(*graph);
    s.push(graph->start, {s.least[graph->start], {0, 0, 0}, -1});
    int64_t found = 0;
    while (!s.heap.empty()) {
        int32_t node = s.pop();
        Label x = s.best[node];
        s.taken++;
        s.permanent[node].add(x.g[1], x.g[2]);
        s.next_of(node);
        if (node == graph->end) {
            if (found == most) return -1;
            for (int c = 0; c < COSTS; c++) front[3 * found + c] = x.g[c];
            found++;
        } else {
            s.propagate(x, node);
        }
    }
    labels[0] = s.made, labels[1] = s.taken, labels[2] = s.taken - found;
    return found;
}
