// The yardstick of evaluate: the same loop over the same arrays, with OpenMP.
//
// Twelve figures a candidate (rows of `figures`), the fault and its layer; invalid candidates stop
// at their first invalid layer. Square layers; op 1 is a convolution, 3 and 4 are pools, 0 is none.
#include <algorithm>
#include <cstdint>

extern "C" void evaluate(const int32_t *op, const int32_t *kernel, const int32_t *stride,
                         const int32_t *padding, const int32_t *channels, int64_t candidates,
                         int layers, int64_t input, int64_t input_channels, int exact,
                         int64_t bytes_per_value, int64_t *figures, int8_t *faults,
                         int32_t *fault_layers, int threads) {
#pragma omp parallel for schedule(dynamic, 4096) num_threads(threads)
    for (int64_t i = 0; i < candidates; i++) {
        int64_t n = input, rf = 1, jump = 1, centre2 = 0, padded = 0, depth = 0, c = input_channels;
        int64_t params = 0, macs = 0, values = n * n * c, peak = 0, variance = 0;
        int8_t fault = 1;
        for (int layer = 0; layer < layers; layer++) {
            int64_t at = i * layers + layer;
            if (op[at] == 0) continue;
            fault = 0;
            depth++;
            int64_t k = kernel[at], s = stride[at], p = padding[at], growth = k - 1;
            int64_t slack = n + 2 * p - growth - 1;
            if (k < 1 || s < 1 || p < 0 || slack < 0 || (exact && slack % s)) {
                fault = slack < 0 ? 2 : 3;
                break;
            }
            int64_t size = slack / s + 1, before = n * n, volume = size * size;
            bool convolution = op[at] <= 2;
            int64_t c_out = convolution && channels[at] ? channels[at] : c;
            if (convolution) {
                params += k * k * c * c_out + c_out;
                macs += volume * k * k * c * c_out;
            }
            values += volume * c_out;
            peak = std::max(peak, before * c + volume * c_out);
            variance += (k * k - 1) * jump * jump;
            centre2 += (growth - 2 * p) * jump;
            padded += p * jump;
            rf += growth * jump;
            jump *= s;
            n = size, c = c_out;
        }
        faults[i] = fault;
        fault_layers[i] = int32_t(depth);
        if (fault) continue;
        const int64_t row[12] = {n,      rf,   jump,   centre2,
                                 padded, depth, params, macs,
                                 values, values * bytes_per_value, peak * bytes_per_value, variance};
        for (int f = 0; f < 12; f++) figures[f * candidates + i] = row[f];
    }
}
