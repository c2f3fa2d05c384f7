// The matrix products of Winograd's convolution, one for each point, on registers of eight floats.
#include "winograd_microkernels.h"
#include "winograd_plan.h"

void zk_multiply(
    const struct zk_direction *direction, const struct zk_block *block, struct zk_planes input, const float *weights,
    struct zk_planes product, long panel_begin, long panel_end) {
  const long panel = direction->input_blocks * 128, stride = zk_weights_stride(direction);
  for (int i = 0; i < direction->y.points; i++) {
    for (int j = 0; j < direction->x.points; j++) {
      const long point = i * direction->x.points + j;
      int begin, end;
      zk_block_range(block, direction, i, j, &begin, &end);
      const int groups = (end - begin + 5) / 6;
      for (long p = panel_begin; p < panel_end; p++) {
        const float *from = weights + point * stride + p * panel;
        int t = begin;
        for (int g = 0; g < groups; g++) {
          int rows = (end - t) / (groups - g);
          // The panel that comes next, in as many pieces as there are groups; what it is after the last does no harm.
          const float *ahead = from + panel + g * direction->input_blocks * 16;
          zk_tiles_kernels[rows - 1](
              input.data + point * input.point + t * 8, input.channel_block, from, direction->input_blocks,
              product.data + point * product.point + 2 * p * product.channel_block + t * 8, product.channel_block, ahead);
          t += rows;
        }
      }
    }
  }
}

void zk_multiply_gradient(
    const float *input, long input_block, const float *gradient, long gradient_block, int tiles, long begin, long end,
    long input_blocks, long output_blocks, int add, float *products) {
  const long product_block = input_blocks * 64;
  for (long out = 0, width; out < output_blocks; out += width) {
    const long left = output_blocks - out;
    width = left == 4 ? 2 : left < 3 ? left : 3;  // one block alone has too few sums to keep the multipliers busy
    for (long in = begin; in < end; in++) {
      for (int half = 0; half < 2; half++) {
        zk_gradient_kernels[width - 1](
            input + in * input_block + half * 4, gradient + out * gradient_block, gradient_block, tiles, add,
            products + out * product_block + in * 64 + half * 32, product_block);
      }
    }
  }
}
