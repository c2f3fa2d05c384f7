// Layer normalisation of rows of float32 numbers (Ba et al. 2016).
#ifndef CKERNELS_LAYER_NORM_H
#define CKERNELS_LAYER_NORM_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// result = (source − mean) / √(variance + epsilon) · weight + bias for each of `rows` rows of `features`, with the biased
/// variance. `statistics` keeps mean and 1/√(variance + epsilon) of each row, [rows, 2].
void zk_layer_norm(
    const float *source, const float *weight, const float *bias, float *result, float *statistics, long rows,
    long features, float epsilon, int threads);

/// The floats of scratch memory of `zk_layer_norm_backward`.
long zk_layer_norm_scratch(long features, int threads);

/// The backward pass; `source_gradient` may be absent, or `gradient`'s memory.
void zk_layer_norm_backward(
    const float *source, const float *weight, const float *statistics, const float *gradient,
    float *_Nullable source_gradient, float *weight_gradient, float *bias_gradient, float *scratch, long rows,
    long features, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
