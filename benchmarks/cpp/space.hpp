// One plain space of convolutions, as the C++ yardsticks take it, and its layers.
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

enum Rounding { EXACT = 0, FLOOR = 1 };

struct Question {
    int input, low, high, rounding, depth_low, depth_high, gaps;
    int first_width, most_width;  // double:first:most; equal for a constant width
    int kernels, strides, paddings;
    const int *kernel, *stride, *padding;
};

struct Move {
    int growth, stride, padding;
};

inline std::vector<Move> moves_of(const Question &q) {
    std::vector<Move> moves;
    for (int a = 0; a < q.kernels; a++)
        for (int b = 0; b < q.strides; b++)
            for (int c = 0; c < q.paddings; c++) {
                int growth = q.kernel[a] - 1, stride = q.stride[b], padding = q.padding[c];
                if (padding <= (growth + 1) / 2 && (q.gaps || stride <= growth + 1))
                    moves.push_back({growth, stride, padding});
            }
    return moves;
}

// 0 where the layer is invalid.
inline int output_size(int n, const Move &move, int rounding) {
    int slack = n + 2 * move.padding - move.growth - 1;
    if (slack < 0 || (rounding == EXACT && slack % move.stride)) return 0;
    return slack / move.stride + 1;
}

// Widths in order: place 0 is before the first convolution, place i has the i-th width.
inline int places_of(const Question &q) {
    int places = 2;
    for (int width = q.first_width; width < q.most_width; width = std::min(2 * width, q.most_width))
        places++;
    return places;
}

inline int next_place(int place, int stride, int places) {
    if (place == 0) return 1;
    return stride > 1 ? std::min(place + 1, places - 1) : place;
}
