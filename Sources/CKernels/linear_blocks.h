// How the passes of a linear layer are cut into blocks; sizes were tuned on Zen 3 (32 KB L1, 512 KB L2, 2 cores).
#ifndef ZK_LINEAR_BLOCKS_H
#define ZK_LINEAR_BLOCKS_H

#include "ckernels_linear.h"

enum {
  /// Forward: inputs that one sweep over the weights takes. Four rows of weights and three of x fill L1.
  ZK_FORWARD_INPUTS = 1024,
  /// Forward: samples that one sweep over a stripe of weights serves, so that their x stays in L2.
  ZK_FORWARD_BATCH = 48,
  /// Forward: rows of weights in a stripe, which stays in L3 for the next samples (at most 1 MB).
  ZK_FORWARD_OUTPUTS = 256,

  /// Backward data: the register tile, and a block of weights that is copied into L2, in panels.
  ZK_DATA_ROWS = 6,
  ZK_DATA_PANEL = 16,
  ZK_DATA_OUTPUTS = 64,
  ZK_DATA_INPUTS = 512,
  /// Backward data: floats of the sums that a thread keeps beside its block.
  ZK_DATA_SUMS = 32 * 1024,

  /// Backward weights: the register tile, and the floats of x that stay in L2 while all outputs pass by.
  ZK_WEIGHTS_ROWS = 6,
  ZK_WEIGHTS_PANEL = 16,
  ZK_WEIGHTS_FLOATS = 64 * 1024,
};

/// What each pass needs as scratch, in floats.
long linear_forward_floats(const zk_linear *layer);
long linear_backward_data_floats(const zk_linear *layer);
long linear_backward_weights_floats(const zk_linear *layer);

#endif
