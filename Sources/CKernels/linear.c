#include "ckernels_linear.h"
#include "linear_blocks.h"
#include "vector8.h"

size_t zk_linear_scratch_bytes(const zk_linear *layer) {
  long forward = linear_forward_floats(layer), data = linear_backward_data_floats(layer);
  return (size_t)zk_max(forward, zk_max(data, linear_backward_weights_floats(layer))) * sizeof(float);
}
