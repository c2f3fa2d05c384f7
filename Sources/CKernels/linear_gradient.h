// What the backward passes over a linear layer's weights share: packed activations, and the register tile.
#ifndef ZK_LINEAR_GRADIENT_H
#define ZK_LINEAR_GRADIENT_H

#include "ckernels_linear.h"
#include "linear_blocks.h"
#include "vector8.h"

/// x as [panel of 16 inputs][batch][16] and dy as [group of 6 outputs][batch][6], both padded with zeros.
struct linear_gradient {
  const zk_linear *layer;
  float *x, *dy;
};

/// Packs x and dy into scratch, and writes, or adds to, db = Σ over the batch of dy unless it is NULL.
struct linear_gradient linear_gradient_pack(
    const zk_linear *layer, const float *x, const float *dy, bool accumulate, float *db, void *scratch);

/// The inputs of a block: as many panels of x as stay in L2 while all outputs pass by.
ZK_INLINE long linear_gradient_block(const zk_linear *layer) {
  return zk_max(ZK_WEIGHTS_FLOATS / (layer->batch * ZK_WEIGHTS_PANEL), 1) * ZK_WEIGHTS_PANEL;
}

/// A tile's gradients, six outputs by 16 inputs.
union linear_gradient_tile {
  v8 vectors[ZK_WEIGHTS_ROWS][2];
  float floats[ZK_WEIGHTS_ROWS][ZK_WEIGHTS_PANEL];
};

ZK_VECTOR_CODE_BEGIN

/// sum[6][16] = Σ over the batch of dy[n][6] · x[n][16].
ZK_INLINE void linear_gradient_multiply(long batch, const float *dy, const float *x, v8 sum[ZK_WEIGHTS_ROWS][2]) {
  ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) sum[r][0] = sum[r][1] = v8_set(0);
  for (long n = 0; n < batch; n++) {
    v8 low = *(const v8 *)x, high = *(const v8 *)(x + 8);
    ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) {
      v8 d = v8_set(dy[r]);
      sum[r][0] = v8_fma(d, low, sum[r][0]);
      sum[r][1] = v8_fma(d, high, sum[r][1]);
    }
    x += ZK_WEIGHTS_PANEL;
    dy += ZK_WEIGHTS_ROWS;
  }
}

ZK_VECTOR_CODE_END

#endif
