// Passes over the gradient of a whole tensor, between the backward pass and the optimizer, and over its average.
#ifndef CKERNELS_GRADIENT_H
#define CKERNELS_GRADIENT_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// target = source. The two do not overlap.
void zk_copy(const float *source, float *target, long count, int threads);

/// Σ v². Sums of 1024 numbers are made in float32, the others in double precision.
double zk_sum_of_squares(const float *values, long count, int threads);

/// v = v·scale, but no farther from 0 than `limit`.
void zk_clip(float *values, long count, float scale, float limit, int threads);

/// average += weight·(v − average). Gives v itself when the weight is 1 and the average 0.
void zk_average(const float *values, float *average, long count, float weight, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
