// The forward pass of a first convolution. A register tile is sixteen output channels by six neighbouring pixels: for each tap
// two vectors of weights and six inputs. A pair's weights stay in L1 while a band passes by.
#include "ckernels_first_conv.h"
#include "ckernels_parallel.h"
#include "first_conv_plan.h"

ZK_VECTOR_CODE_BEGIN

enum { PIXELS = 6 };

/// What a tile is computed from and where it goes: `dst` is the first block's pixel, the second block lies `block` floats on.
struct tile {
  long taps;
  const long *offsets;
  const float *weights, *src, *bias;
  float *dst;
  long block, stride;
  bool relu;
};

ZK_INLINE void compute(int blocks, int pixels, long stride, const struct tile *tile) {
  v8 sum[PIXELS][2];
  ZK_UNROLL for (int b = 0; b < blocks; b++) {
    v8 bias = v8_load(tile->bias + b * 8);
    ZK_UNROLL for (int p = 0; p < pixels; p++) sum[p][b] = bias;
  }
  const float *weights = tile->weights;
  for (const long *offset = tile->offsets, *end = offset + tile->taps; offset < end; offset++) {
    const float *src = tile->src + *offset;
    v8 w[2];
    ZK_UNROLL for (int b = 0; b < blocks; b++) w[b] = v8_load(weights + b * 8);
    ZK_UNROLL for (int p = 0; p < pixels; p++) {
      v8 x = v8_set(src[p * stride]);
      ZK_UNROLL for (int b = 0; b < blocks; b++) sum[p][b] = v8_fma(w[b], x, sum[p][b]);
    }
    weights += FIRST_CONV_PAIR;
  }
  ZK_UNROLL for (int b = 0; b < blocks; b++) {
    ZK_UNROLL for (int p = 0; p < pixels; p++) {
      v8_store(tile->dst + b * tile->block + p * 8, tile->relu ? v8_relu(sum[p][b]) : sum[p][b]);
    }
  }
}

#define TILE(B, P, S) \
  static void tile_##B##x##P##_##S(const struct tile *tile) { compute(B, P, S ? S : tile->stride, tile); }
#define TILES(B, S) TILE(B, 1, S) TILE(B, 2, S) TILE(B, 3, S) TILE(B, 4, S) TILE(B, 5, S) TILE(B, 6, S)
TILES(1, 0) TILES(2, 0) TILES(2, 1) TILES(2, 2) TILES(2, 4)

typedef void (*tile_function)(const struct tile *);
#define ROW(B, S) \
  { tile_##B##x1_##S, tile_##B##x2_##S, tile_##B##x3_##S, tile_##B##x4_##S, tile_##B##x5_##S, tile_##B##x6_##S }
static const tile_function single_tiles[PIXELS] = ROW(1, 0);
/// By stride (any, 1, 2, 4) and pixels − 1.
static const tile_function pair_tiles[4][PIXELS] = {ROW(2, 0), ROW(2, 1), ROW(2, 2), ROW(2, 4)};

ZK_INLINE const tile_function *tiles_of(long stride) {
  switch (stride) {
  case 1: return pair_tiles[1];
  case 2: return pair_tiles[2];
  case 4: return pair_tiles[3];
  default: return pair_tiles[0];
  }
}

struct forward {
  const struct first_conv_plan *plan;
  const float *src, *bias;
  bool relu;
  float *dst, *scratch;
};

ZK_INLINE void pair_of_band(const struct forward *pass, const float *band, long image, long first, long rows, long pair) {
  const struct first_conv_plan *plan = pass->plan;
  const zk_first_conv *conv = &plan->conv;
  long plane = conv->out_height * conv->out_width * 8, channel = pair * FIRST_CONV_PAIR;
  float bias[FIRST_CONV_PAIR] = {0};
  if (pass->bias) {
    memcpy(bias, pass->bias + channel, (size_t)zk_min(FIRST_CONV_PAIR, conv->outputs - channel) * sizeof(float));
  }
  struct tile tile = {
      .taps = plan->taps,
      .offsets = (const long *)(pass->scratch + plan->offsets_at),
      .weights = pass->scratch + plan->weights_at + pair * plan->taps * FIRST_CONV_PAIR,
      .bias = bias,
      .block = plane,
      .stride = conv->stride_width,
      .relu = pass->relu,
  };
  const tile_function *tiles = 2 * pair + 1 < plan->blocks ? tiles_of(conv->stride_width) : single_tiles;
  long groups = (conv->out_width + PIXELS - 1) / PIXELS;
  for (long r = 0; r < rows; r++) {
    tile.src = band + r * conv->stride_height * plan->row_floats;
    tile.dst = pass->dst + (image * plan->blocks + 2 * pair) * plane + (first + r) * conv->out_width * 8;
    for (long group = 0; group < groups; group++) {
      long pixels = conv->out_width / groups + (group < conv->out_width % groups);
      tiles[pixels - 1](&tile);
      tile.src += pixels * conv->stride_width;
      tile.dst += pixels * 8;
    }
  }
}

static void run(void *context, int thread, int threads) {
  const struct forward *pass = context;
  const struct first_conv_plan *plan = pass->plan;
  float *band = pass->scratch + plan->band_at + thread * ((plan->parts_at - plan->band_at) / plan->conv.threads);
  long begin, end;
  zk_split(plan->conv.batch * plan->bands, 1, thread, threads, &begin, &end);
  for (long unit = begin; unit < end; unit++) {
    long rows, first = first_conv_copy_band(plan, pass->src, unit, band, &rows);
    for (long pair = 0; pair < plan->pairs; pair++) pair_of_band(pass, band, unit / plan->bands, first, rows, pair);
  }
}

ZK_VECTOR_CODE_END

/// Weights as [pair][tap][16]; channels that are not there are zeros.
static void pack_weights(const struct first_conv_plan *plan, const float *weights, float *packed) {
  for (long pair = 0; pair < plan->pairs; pair++) {
    for (long tap = 0; tap < plan->taps; tap++) {
      for (long k = 0; k < FIRST_CONV_PAIR; k++) {
        long channel = pair * FIRST_CONV_PAIR + k;
        *packed++ = channel < plan->conv.outputs ? weights[channel * plan->taps + tap] : 0;
      }
    }
  }
}

void zk_first_conv_forward(
    const zk_first_conv *conv, const float *src, const float *weights, const float *bias, bool relu, float *dst,
    void *scratch) {
  struct first_conv_plan plan = first_conv_plan(conv);
  struct forward pass = {&plan, src, bias, relu, dst, scratch};
  first_conv_tap_offsets(&plan, (long *)(pass.scratch + plan.offsets_at));
  pack_weights(&plan, weights, pass.scratch + plan.weights_at);
  zk_parallel(conv->threads, run, &pass);
}
