// The matrix products of Winograd's convolution, one for each point, on registers of eight floats.
#include "winograd_plan.h"

/// R tiles by 16 outputs: 2R sums in registers, R broadcasts and two loads for 2R multiply-adds.
#define ZK_TILES_KERNEL(R)                                                                                             \
  ZK_HOT static void zk_tiles_##R(                                                                                     \
      const float *input, long input_block, const float *weights, long blocks, float *product, long product_block) {   \
    zk_v8 low[R], high[R];                                                                                             \
    for (int r = 0; r < R; r++) low[r] = high[r] = zk_zero();                                                          \
    for (long b = 0; b < blocks; b++) {                                                                                \
      _Pragma("clang loop unroll(full)") for (int k = 0; k < 8; k++) {                                                 \
        zk_v8 w0 = zk_load(weights + k * 16), w1 = zk_load(weights + k * 16 + 8);                                      \
        for (int r = 0; r < R; r++) {                                                                                  \
          zk_v8 x = zk_splat(input[r * 8 + k]);                                                                        \
          low[r] = x * w0 + low[r];                                                                                    \
          high[r] = x * w1 + high[r];                                                                                  \
        }                                                                                                              \
      }                                                                                                                \
      input += input_block;                                                                                            \
      weights += 128;                                                                                                  \
    }                                                                                                                  \
    for (int r = 0; r < R; r++) {                                                                                      \
      zk_store(product + r * 8, low[r]);                                                                               \
      zk_store(product + product_block + r * 8, high[r]);                                                              \
    }                                                                                                                  \
  }

ZK_TILES_KERNEL(1)
ZK_TILES_KERNEL(2)
ZK_TILES_KERNEL(3)
ZK_TILES_KERNEL(4)
ZK_TILES_KERNEL(5)
ZK_TILES_KERNEL(6)

typedef void (*zk_tiles_kernel)(
    const float *input, long input_block, const float *weights, long blocks, float *product, long product_block);

static const zk_tiles_kernel zk_tiles_kernels[] = {
    zk_tiles_1, zk_tiles_2, zk_tiles_3, zk_tiles_4, zk_tiles_5, zk_tiles_6};

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
        int t = begin;
        for (int g = 0; g < groups; g++) {
          int rows = (end - t) / (groups - g);
          zk_tiles_kernels[rows - 1](
              input.data + point * input.point + t * 8, input.channel_block, weights + point * stride + p * panel,
              direction->input_blocks, product.data + point * product.point + 2 * p * product.channel_block + t * 8,
              product.channel_block);
          t += rows;
        }
      }
    }
  }
}

/// 4 inputs by 8B outputs: 4B sums, four broadcasts and B loads for 4B multiply-adds.
#define ZK_GRADIENT_KERNEL(B)                                                                                          \
  ZK_HOT static void zk_gradient_##B(                                                                                  \
      const float *input, const float *gradient, long gradient_block, long tiles, int add, float *products,            \
      long product_block) {                                                                                            \
    zk_v8 sums[4][B];                                                                                                  \
    for (int i = 0; i < 4; i++) {                                                                                      \
      for (int b = 0; b < B; b++) sums[i][b] = add ? zk_load(products + b * product_block + i * 8) : zk_zero();        \
    }                                                                                                                  \
    for (long t = 0; t < tiles; t++) {                                                                                 \
      zk_v8 g[B];                                                                                                      \
      for (int b = 0; b < B; b++) g[b] = zk_load(gradient + b * gradient_block + t * 8);                               \
      for (int i = 0; i < 4; i++) {                                                                                    \
        zk_v8 x = zk_splat(input[t * 8 + i]);                                                                          \
        for (int b = 0; b < B; b++) sums[i][b] = x * g[b] + sums[i][b];                                                \
      }                                                                                                                \
    }                                                                                                                  \
    for (int i = 0; i < 4; i++) {                                                                                      \
      for (int b = 0; b < B; b++) zk_store(products + b * product_block + i * 8, sums[i][b]);                          \
    }                                                                                                                  \
  }

ZK_GRADIENT_KERNEL(1)
ZK_GRADIENT_KERNEL(2)
ZK_GRADIENT_KERNEL(3)

typedef void (*zk_gradient_kernel)(
    const float *input, const float *gradient, long gradient_block, long tiles, int add, float *products,
    long product_block);

static const zk_gradient_kernel zk_gradient_kernels[] = {zk_gradient_1, zk_gradient_2, zk_gradient_3};

void zk_multiply_gradient(
    const float *input, long input_block, const float *gradient, long gradient_block, int tiles, long begin, long end,
    long input_blocks, long output_blocks, int add, float *products) {
  const long product_block = input_blocks * 64;
  for (long out = 0; out < output_blocks; out += 3) {
    long width = output_blocks - out < 3 ? output_blocks - out : 3;
    for (long in = begin; in < end; in++) {
      for (int half = 0; half < 2; half++) {
        zk_gradient_kernels[width - 1](
            input + in * input_block + half * 4, gradient + out * gradient_block, gradient_block, tiles, add,
            products + out * product_block + in * 64 + half * 32, product_block);
      }
    }
  }
}
