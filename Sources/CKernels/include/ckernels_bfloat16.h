// Rounding to bfloat16: the upper half of a float32, with its 8 bits of exponent and 8 bits of precision.
#ifndef CKERNELS_BFLOAT16_H
#define CKERNELS_BFLOAT16_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// result = the bfloat16 number nearest to each of `source`, as a float32; of two as near, the one whose last bit is 0. What
/// lies beyond the largest bfloat16 by half a step or more becomes infinite; subnormal numbers are rounded as all others;
/// NaN stays NaN, with its sign. The two may be the same memory.
void zk_round_bfloat16(const float *source, float *result, long count, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
