// The yardstick of enumeration: a depth-first search that only counts, on one thread.
//
// It prunes by valid sizes, by an RF already too large and by divisibility, and merges nothing.
#include "space.hpp"

namespace {

struct Search {
    const Question &q;
    const std::vector<Move> moves;
    int64_t matches = 0;

    void visit(int n, int64_t jump, int64_t rf, int depth) {
        if (depth >= q.depth_low && rf >= q.low) matches++;
        if (depth == q.depth_high) return;
        for (const Move &move : moves) {
            int64_t next_rf = rf + move.growth * jump;
            if (next_rf > q.high) continue;
            int64_t next_jump = jump * move.stride;
            if (next_rf < q.low) {
                int64_t steps = (q.low - next_rf + next_jump - 1) / next_jump;
                if (next_rf + steps * next_jump > q.high) continue;
            }
            int size = output_size(n, move, q.rounding);
            if (size) visit(size, next_jump, next_rf, depth + 1);
        }
    }
};

}  // namespace

extern "C" int64_t depth_first(const Question *q) {
    Search search{*q, moves_of(*q)};
    search.visit(q->input, 1, 1, 0);
    return search.matches;
}
