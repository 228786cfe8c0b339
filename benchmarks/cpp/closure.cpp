// The yardstick of the automaton: the same closure with an open-addressing table.
//
// Forward from the input, RF by RF: every state (size, jump, RF, width) once, its transitions kept,
// the word of depths that reach it; divisibility prunes by a table over (jump, RF), as the engine
// does. Backward: the word of depths that still finish. Then states and transitions that cannot
// start and finish go, and the rest is numbered anew. Jumps that only kernels of 1 may follow are
// one. For the checks, counts by depth modulo 2^128.
#include "space.hpp"

using Word = uint64_t;

namespace {

struct Closure {
    Question q;
    std::vector<Move> moves;
    int places, beyond = 0, most_n = 0;
    std::vector<int> jumps, after;     // after[jump * moves + move]: the jump it leads to
    std::vector<uint8_t> alive;        // (jump, rf) that can still meet the target
    std::vector<int> sizes;            // output size of every move at every size
    std::vector<int32_t> n_of, j_of, r_of, place_of;
    std::vector<Word> reached, finishing;
    std::vector<int64_t> first;        // transitions of each state, in order of expansion
    std::vector<int64_t> last;
    std::vector<int32_t> to;
    std::vector<uint16_t> by;
    std::vector<uint64_t> keys;        // the open-addressing table
    std::vector<int32_t> values;
    std::vector<std::vector<int32_t>> at_rf;

    explicit Closure(const Question &question) : q(question), moves(moves_of(q)) {
        places = places_of(q);
        find_jumps();
        find_sizes();
        keys.assign(1 << 12, 0);
        values.assign(1 << 12, 0);
        at_rf.resize(q.high + 1);
    }

    void find_jumps() {
        jumps = {1};
        for (size_t i = 0; i < jumps.size(); i++)
            for (int s = 0; s < q.strides; s++) {
                int64_t next = int64_t(jumps[i]) * q.stride[s];
                if (next < q.high && std::find(jumps.begin(), jumps.end(), next) == jumps.end())
                    jumps.push_back(int(next));
            }
        std::sort(jumps.begin(), jumps.end());
        beyond = int(jumps.size());
        after.resize((beyond + 1) * moves.size(), beyond);
        for (int j = 0; j < beyond; j++)
            for (size_t m = 0; m < moves.size(); m++) {
                int64_t next = int64_t(jumps[j]) * moves[m].stride;
                auto at = std::lower_bound(jumps.begin(), jumps.end(), next);
                after[j * moves.size() + m] = int(at - jumps.begin());
            }
        alive.assign((beyond + 1) * (q.high + 1), 0);
        for (int r = 1; r <= q.high; r++) {
            for (int j = 0; j < beyond; j++) {
                int64_t short_of = std::max(q.low - r, 0), jump = jumps[j];
                alive[j * (q.high + 1) + r] = r + (short_of + jump - 1) / jump * jump <= q.high;
            }
            alive[beyond * (q.high + 1) + r] = r >= q.low;
        }
    }

    void find_sizes() {
        most_n = q.input;
        for (const Move &move : moves)
            most_n = std::max(most_n, q.input + q.depth_high * (2 * move.padding - move.growth));
        sizes.resize(moves.size() * (most_n + 1));
        for (size_t m = 0; m < moves.size(); m++)
            for (int n = 1; n <= most_n; n++)
                sizes[m * (most_n + 1) + n] = output_size(n, moves[m], q.rounding);
    }

    // The state's number; a new one where the table has none.
    int32_t find(int n, int j, int r, int place) {
        uint64_t key = (uint64_t(r) << 44 | uint64_t(j) << 28 | uint64_t(n) << 6 | place) + 1;
        uint64_t mask = keys.size() - 1;
        uint64_t slot = (key * 0x9E3779B97F4A7C15ull) >> 20 & mask;
        while (keys[slot] != 0) {
            if (keys[slot] == key) return values[slot];
            slot = (slot + 1) & mask;
        }
        int32_t number = int32_t(n_of.size());
        keys[slot] = key;
        values[slot] = number;
        n_of.push_back(n), j_of.push_back(j), r_of.push_back(r), place_of.push_back(place);
        reached.push_back(0), first.push_back(-1), last.push_back(-1);
        if (n_of.size() * 2 > keys.size()) grow();
        return number;
    }

    void grow() {
        std::vector<uint64_t> old_keys(keys.size() * 2, 0);
        std::vector<int32_t> old_values(values.size() * 2, 0);
        old_keys.swap(keys), old_values.swap(values);
        uint64_t mask = keys.size() - 1;
        for (size_t i = 0; i < old_keys.size(); i++) {
            if (!old_keys[i]) continue;
            uint64_t slot = (old_keys[i] * 0x9E3779B97F4A7C15ull) >> 20 & mask;
            while (keys[slot]) slot = (slot + 1) & mask;
            keys[slot] = old_keys[i], values[slot] = old_values[i];
        }
    }

    void expand(int32_t state) {
        int n = n_of[state], j = j_of[state], r = r_of[state], place = place_of[state];
        first[state] = int64_t(to.size());
        for (size_t m = 0; m < moves.size(); m++) {
            int size = sizes[m * (most_n + 1) + n];
            if (!size) continue;
            int growth = moves[m].growth, next_r = r, next_j = beyond;
            if (j < beyond) {
                int64_t reached_rf = r + int64_t(growth) * jumps[j];
                if (reached_rf > q.high) continue;
                next_r = int(reached_rf);
                next_j = after[j * moves.size() + m];
                if (next_j < beyond && jumps[next_j] > q.high - next_r) next_j = beyond;
            } else if (growth) {
                continue;
            }
            if (!alive[next_j * (q.high + 1) + next_r]) continue;
            to.push_back(find(size, next_j, next_r, next_place(place, moves[m].stride, places)));
            by.push_back(uint16_t(m));
        }
        last[state] = int64_t(to.size());
    }

    // Expansion in ascending RF; within one RF (kernels of 1) until no word of depths changes.
    void forward(Word depths) {
        at_rf[1].push_back(find(q.input, jumps[0] > q.high - 1 ? beyond : 0, 1, 0));
        std::vector<uint8_t> waiting(1, 1);
        for (int r = 1; r <= q.high; r++)
            for (size_t i = 0; i < at_rf[r].size(); i++) {
                int32_t state = at_rf[r][i];
                if (!waiting[state]) continue;
                waiting[state] = 0;
                if (first[state] < 0) expand(state);
                waiting.resize(n_of.size(), 0);
                Word word = (reached[state] << 1 | (state == 0)) & depths;
                for (int64_t e = first[state]; e < last[state]; e++) {
                    int32_t next = to[e];
                    if (!(word & ~reached[next])) continue;
                    reached[next] |= word;
                    if (!waiting[next]) {
                        waiting[next] = 1;
                        at_rf[r_of[next]].push_back(next);
                    }
                }
            }
    }

    void backward(Word depths) {
        finishing.assign(n_of.size(), 0);
        for (int r = q.high; r >= 1; r--) {
            for (bool changed = true; changed;) {
                changed = false;
                for (size_t i = at_rf[r].size(); i-- > 0;) {
                    int32_t state = at_rf[r][i];
                    Word word = r >= q.low && state ? depths : 0;
                    for (int64_t e = first[state]; e < last[state]; e++)
                        word |= finishing[to[e]] >> 1;
                    if (word & ~finishing[state]) finishing[state] |= word, changed = true;
                }
            }
        }
    }
};

Word word_of(int low, int high) {
    Word upto = high >= 64 ? ~Word(0) : (Word(1) << high) - 1;
    return upto & ~((Word(1) << (low - 1)) - 1);
}

struct Automaton {
    std::vector<int32_t> n, j, r, place, to;
    std::vector<uint16_t> by;
    std::vector<int64_t> first;
    std::vector<Word> alive;
    int start = 0;
};

Automaton build(const Question &q) {
    Closure c(q);
    c.forward(word_of(1, q.depth_high));
    c.backward(word_of(q.depth_low, q.depth_high));
    Automaton a;
    std::vector<int32_t> number(c.n_of.size(), -1);
    for (size_t i = 0; i < c.n_of.size(); i++) {
        Word alive = c.reached[i] & c.finishing[i];
        if (!alive && i) continue;
        number[i] = int32_t(a.n.size());
        a.n.push_back(c.n_of[i]), a.j.push_back(c.j_of[i]), a.r.push_back(c.r_of[i]);
        a.place.push_back(c.place_of[i]), a.alive.push_back(alive);
    }
    for (size_t i = 0; i < c.n_of.size(); i++) {
        if (number[i] < 0) continue;
        a.first.push_back(int64_t(a.to.size()));
        Word word = c.reached[i] << 1 | (i == 0);
        for (int64_t e = c.first[i]; e < c.last[i]; e++)
            if (word & c.finishing[c.to[e]]) {
                a.to.push_back(number[c.to[e]]);
                a.by.push_back(c.by[e]);
            }
    }
    a.first.push_back(int64_t(a.to.size()));
    return a;
}

}  // namespace

extern "C" void closure(const Question *q, int64_t *states, int64_t *transitions) {
    Automaton a = build(*q);
    *states = int64_t(a.n.size());
    *transitions = int64_t(a.to.size());
}

// Matches of each depth 1..depth_high modulo 2^128, low word first: proof that the work is the same.
extern "C" void counts(const Question *q, uint64_t *by_depth) {
    Automaton a = build(*q);
    std::vector<unsigned __int128> ways(a.n.size(), 0), next;
    ways[0] = 1;
    for (int depth = 1; depth <= q->depth_high; depth++) {
        next.assign(a.n.size(), 0);
        for (size_t i = 0; i < a.n.size(); i++)
            if (ways[i])
                for (int64_t e = a.first[i]; e < a.first[i + 1]; e++) next[a.to[e]] += ways[i];
        ways.swap(next);
        unsigned __int128 total = 0;
        for (size_t i = 0; i < a.n.size(); i++)
            if (depth >= q->depth_low && a.r[i] >= q->low && a.r[i] <= q->high) total += ways[i];
        by_depth[2 * depth - 2] = uint64_t(total);
        by_depth[2 * depth - 1] = uint64_t(total >> 64);
    }
}
