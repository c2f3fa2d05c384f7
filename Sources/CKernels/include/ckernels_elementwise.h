// Passes over whole activations. Buffers are float32, and each call splits its work over `threads`.
#ifndef CKERNELS_ELEMENTWISE_H
#define CKERNELS_ELEMENTWISE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// result = max(source, 0), and NaN for NaN. The two may be the same memory.
void zk_relu(const float *source, float *result, long count, int threads);

/// result = output > 0 ? gradient : 0. `gradient` and `result` may be the same memory.
void zk_relu_backward(const float *output, const float *gradient, float *result, long count, int threads);

/// result = left + right, and max(·, 0) of it when `relu`. Any two may be the same memory.
void zk_add(const float *left, const float *right, float *result, long count, int relu, int threads);

/// Zero with `probability`, and a scaling by 1 / (1 − probability) otherwise. Element i is decided by word i mod 4 of the
/// Philox block at counter {i / 4, counter[1], counter[2], counter[3]} with `key`, so the same call on a gradient is the
/// backward pass. `source` and `result` may be the same memory.
void zk_dropout(
    const float *source, float *result, long count, double probability, const uint32_t counter[_Nonnull 4],
    const uint32_t key[_Nonnull 2], int threads);

/// Whether no number is infinite or NaN.
int zk_all_finite(const float *values, long count);

/// Running statistics of batch normalisation: the variance of `samples` numbers per channel enters unbiased.
void zk_running_statistics(
    float *running_mean, float *running_variance, const float *mean, const float *variance, long channels,
    double momentum, double samples);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
