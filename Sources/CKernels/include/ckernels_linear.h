#ifndef CKERNELS_LINEAR_H
#define CKERNELS_LINEAR_H

#include <stdbool.h>
#include <stddef.h>

#include "ckernels_update.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A fully connected layer: y = x·wᵀ + b, with x [batch, inputs], w [outputs, inputs], b [outputs] and y [batch, outputs],
/// all plain row-major float32. Every size is at least 1. Results are the same bytes for any number of threads.
///
/// The batch is small next to the weights, so each pass reads or writes the weights once, straight where they are, and packs
/// only the activations. `scratch` is 64-byte aligned, of zk_linear_scratch_bytes, and holds nothing between calls.
typedef struct zk_linear {
  long batch, inputs, outputs;
  int threads;
} zk_linear;

/// What any of the passes needs as scratch, in bytes.
size_t zk_linear_scratch_bytes(const zk_linear *_Nonnull layer);

/// y = x·wᵀ + bias, then max(y, 0) if `relu`. No bias when it is NULL.
void zk_linear_forward(
    const zk_linear *_Nonnull layer, const float *_Nonnull x, const float *_Nonnull weights, const float *_Nullable bias,
    bool relu, float *_Nonnull y, void *_Nonnull scratch);

/// dx = dy·w.
void zk_linear_backward_data(
    const zk_linear *_Nonnull layer, const float *_Nonnull dy, const float *_Nonnull weights, float *_Nonnull dx,
    void *_Nonnull scratch);

/// dw = dyᵀ·x and db = Σ over the batch of dy, or dw += and db += if `accumulate`. No db when it is NULL.
void zk_linear_backward_weights(
    const zk_linear *_Nonnull layer, const float *_Nonnull x, const float *_Nonnull dy, bool accumulate,
    float *_Nonnull dw, float *_Nullable db, void *_Nonnull scratch);

/// zk_linear_backward_weights, and at once zk_update on the weights by an element-wise rule: their gradient never goes to memory.
/// Gives the bytes that the two calls would give. Backward data must have been done. The bias's gradient is left in db, unless
/// it is NULL.
void zk_linear_backward_update(
    const zk_linear *_Nonnull layer, const float *_Nonnull x, const float *_Nonnull dy, const zk_rule *_Nonnull rule,
    float *_Nonnull weights, float *_Nonnull const *_Nullable state, float *_Nullable db, void *_Nonnull scratch);

#ifdef __cplusplus
}
#endif

#endif
