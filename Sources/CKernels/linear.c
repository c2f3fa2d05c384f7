#include "ckernels_linear.h"

#include "linear_blocks.h"
#include "vector8.h"

size_t zk_linear_scratch_bytes(const zk_linear *layer) {
  long batch = layer->batch;
  long forward = batch * zk_round_up(layer->inputs, 8);
  long data = (long)layer->threads * ZK_DATA_INPUTS * ZK_DATA_OUTPUTS + batch * layer->outputs;
  long weights = batch * zk_round_up(layer->inputs, ZK_WEIGHTS_PANEL) + batch * zk_round_up(layer->outputs, ZK_WEIGHTS_ROWS);
  return (size_t)zk_max(forward, zk_max(data, weights)) * sizeof(float);
}
