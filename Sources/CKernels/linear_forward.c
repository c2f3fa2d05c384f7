// y = x·wᵀ as dot products along the inputs, the axis that both matrices are contiguous in: no transposition, and the weights
// are read in place. A register tile is four outputs by three samples.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_blocks.h"
#include "vector8.h"

ZK_VECTOR_CODE_BEGIN

/// One tile: y[columns][4] (+)= the dot products of `rows` rows of weights with `columns` rows of packed x, `inputs` floats each
/// (x is padded with zeros to whole vectors). Fetches `ahead` rows of the weights that come next.
ZK_INLINE void tile(
    int rows, int columns, int ahead, long inputs, const float *weights, long stride, const float *x, long x_stride,
    const float *next, bool first, float *y) {
  v8 sum[3][4];
  ZK_UNROLL for (int c = 0; c < columns; c++) {
    ZK_UNROLL for (int r = 0; r < rows; r++) sum[c][r] = v8_set(0);
  }
  long whole = inputs & ~15L, i = 0;
  for (; i < whole; i += 16) {
    ZK_UNROLL for (int p = 0; p < ahead; p++) __builtin_prefetch(next + p * stride + i, 0, 2);
    ZK_UNROLL for (int half = 0; half < 16; half += 8) {
      v8 b[3];
      ZK_UNROLL for (int c = 0; c < columns; c++) b[c] = v8_load(x + c * x_stride + i + half);
      ZK_UNROLL for (int r = 0; r < rows; r++) {
        v8 a = v8_load(weights + r * stride + i + half);
        ZK_UNROLL for (int c = 0; c < columns; c++) sum[c][r] = v8_fma(a, b[c], sum[c][r]);
      }
    }
  }
  for (; i < inputs; i += 8) {
    long part = inputs - i;
    ZK_UNROLL for (int r = 0; r < rows; r++) {
      const float *from = weights + r * stride + i;
      v8 a = part >= 8 ? v8_load(from) : v8_load_part(from, part);
      ZK_UNROLL for (int c = 0; c < columns; c++) sum[c][r] = v8_fma(a, v8_load(x + c * x_stride + i), sum[c][r]);
    }
  }
  ZK_UNROLL for (int r = rows; r < 4; r++) {
    ZK_UNROLL for (int c = 0; c < columns; c++) sum[c][r] = v8_set(0);
  }
  ZK_UNROLL for (int c = 0; c < columns; c++) {
    v4 total = v8_sum4(sum[c][0], sum[c][1], sum[c][2], sum[c][3]);
    v4 *to = (v4 *)(y + c * 4);
    *to = first ? total : *to + total;
  }
}

#define TILE(R, C, A) \
  static void tile_##R##x##C##_##A( \
      long inputs, const float *weights, long stride, const float *x, long x_stride, const float *next, \
      bool first, float *y) { \
    tile(R, C, A, inputs, weights, stride, x, x_stride, next, first, y); \
  }
#define TILES(R, C) TILE(R, C, 0) TILE(R, C, 1) TILE(R, C, 2) TILE(R, C, 4)
TILES(4, 1) TILES(4, 2) TILES(4, 3)
TILE(1, 1, 0) TILE(1, 2, 0) TILE(1, 3, 0) TILE(2, 1, 0) TILE(2, 2, 0) TILE(2, 3, 0) TILE(3, 1, 0) TILE(3, 2, 0) TILE(3, 3, 0)

typedef void (*tile_function)(long, const float *, long, const float *, long, const float *, bool, float *);

/// By rows − 1 and columns − 1.
static const tile_function tiles[4][3] = {
    {tile_1x1_0, tile_1x2_0, tile_1x3_0},
    {tile_2x1_0, tile_2x2_0, tile_2x3_0},
    {tile_3x1_0, tile_3x2_0, tile_3x3_0},
    {tile_4x1_0, tile_4x2_0, tile_4x3_0},
};
/// By the rows fetched ahead (1, 2, 4) and columns − 1.
static const tile_function fetching_tiles[3][3] = {
    {tile_4x1_1, tile_4x2_1, tile_4x3_1},
    {tile_4x1_2, tile_4x2_2, tile_4x3_2},
    {tile_4x1_4, tile_4x2_4, tile_4x3_4},
};

struct forward {
  const zk_linear *layer;
  const float *x, *weights, *bias;
  bool relu;
  /// x as pack leaves it, and the sums as [quad of outputs][batch][4].
  float *y, *packed, *sums;
};

/// x as [blocks of inputs][batch][block], padded with zeros to whole vectors: rows that lie apart by a power of two would
/// push one another out of the cache.
static void pack(void *context, int thread, int threads) {
  const struct forward *pass = context;
  long inputs = pass->layer->inputs, batch = pass->layer->batch, begin, end;
  zk_split((inputs + ZK_FORWARD_INPUTS - 1) / ZK_FORWARD_INPUTS, 1, thread, threads, &begin, &end);
  for (long block = begin; block < end; block++) {
    long first = block * ZK_FORWARD_INPUTS, count = zk_min(ZK_FORWARD_INPUTS, inputs - first);
    long padded = zk_round_up(count, 8);
    float *to = pass->packed + first * batch;
    for (long n = 0; n < batch; n++, to += padded) {
      memcpy(to, pass->x + n * inputs + first, (size_t)count * sizeof(float));
      memset(to + count, 0, (size_t)(padded - count) * sizeof(float));
    }
  }
}

/// One quad of outputs for the samples [0, batch) of packed x: y[batch][4].
ZK_INLINE void quad(
    long rows, long batch, long inputs, const float *weights, long stride, const float *x, const float *next, bool first,
    float *y) {
  long padded = zk_round_up(inputs, 8), groups = (batch + 2) / 3, fetched = next ? 0 : 4;
  // Each group fetches its share of the next quad's four rows.
  long share = groups >= 4 ? 1 : groups >= 2 ? 2 : 4;
  for (long group = 0; group < groups; group++) {
    long columns = batch / groups + (group < batch % groups);
    tile_function run = tiles[rows - 1][columns - 1];
    const float *fetch = weights;
    if (rows == 4 && fetched < 4) {
      run = fetching_tiles[share >> 1][columns - 1];
      fetch = next + fetched * stride;
      fetched += share;
    }
    run(inputs, weights, stride, x, padded, fetch, first, y);
    x += columns * padded;
    y += columns * 4;
  }
}

/// The outputs [begin, end) from the sums, with their bias.
ZK_INLINE void finish(const struct forward *pass, long begin, long end) {
  long batch = pass->layer->batch, outputs = pass->layer->outputs;
  for (long n = 0; n < batch; n++) {
    float *y = pass->y + n * outputs;
    const float *sums = pass->sums + n * 4;
    for (long o = begin; o < end; o += 4) {
      size_t bytes = (size_t)zk_min(4, end - o) * sizeof(float);
      v4 value = *(const v4 *)(sums + o * batch), bias = {0};
      if (pass->bias) memcpy(&bias, pass->bias + o, bytes);
      value += bias;
      if (pass->relu) value = v4_relu(value);
      memcpy(y + o, &value, bytes);
    }
  }
}

static void multiply(void *context, int thread, int threads) {
  const struct forward *pass = context;
  long inputs = pass->layer->inputs, outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  zk_split(outputs, 4, thread, threads, &begin, &end);
  for (long first = 0; first < inputs; first += ZK_FORWARD_INPUTS) {
    long count = zk_min(ZK_FORWARD_INPUTS, inputs - first), padded = zk_round_up(count, 8);
    const float *x = pass->packed + first * batch;
    for (long stripe = begin; stripe < end; stripe += ZK_FORWARD_OUTPUTS) {
      long stripe_end = zk_min(stripe + ZK_FORWARD_OUTPUTS, end);
      for (long n = 0; n < batch; n += ZK_FORWARD_BATCH) {
        long samples = zk_min(ZK_FORWARD_BATCH, batch - n);
        for (long o = stripe; o < stripe_end; o += 4) {
          const float *weights = pass->weights + o * inputs + first;
          // Only the stripe's first samples find its weights in memory.
          const float *next = n == 0 && o + 8 <= end ? weights + 4 * inputs : NULL;
          float *sums = pass->sums + o * batch + n * 4;
          quad(zk_min(4, stripe_end - o), samples, count, weights, inputs, x + n * padded, next, first == 0, sums);
        }
      }
    }
  }
  finish(pass, begin, end);
}

ZK_VECTOR_CODE_END

long linear_forward_floats(const zk_linear *layer) {
  return layer->batch * (zk_round_up(layer->inputs, 8) + zk_round_up(layer->outputs, 4));
}

void zk_linear_forward(
    const zk_linear *layer, const float *x, const float *weights, const float *bias, bool relu, float *y, void *scratch) {
  float *packed = scratch;
  struct forward pass = {layer, x, weights, bias, relu, y, packed, packed + layer->batch * zk_round_up(layer->inputs, 8)};
  zk_parallel(layer->threads, pack, &pass);
  zk_parallel(layer->threads, multiply, &pass);
}
