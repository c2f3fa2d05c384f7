// The gradient of a first convolution's weights. A register tile is sixteen output channels by six taps, summed over the pixels
// of some output rows: for each pixel two vectors of dy and six inputs. Those rows' dy stays in L1 while all taps pass by.
#include "ckernels_first_conv.h"
#include "ckernels_parallel.h"
#include "first_conv_plan.h"

ZK_VECTOR_CODE_BEGIN

enum { TAPS = 6 };

struct tile {
  const long *offsets;
  const float *src, *dy;
  /// Floats from one row to the next, from one pixel to the next, and from one block of dy to the next.
  long src_row, src_pixel, dy_row, block;
  long rows, pixels;
  float *sum;
};

/// sum[taps][16] += Σ over rows and pixels of src[tap] · dy[16].
ZK_INLINE void compute(int blocks, int taps, const struct tile *tile) {
  v8 sum[TAPS][2];
  long offset[TAPS];
  ZK_UNROLL for (int t = 0; t < taps; t++) {
    offset[t] = tile->offsets[t];
    ZK_UNROLL for (int b = 0; b < blocks; b++) sum[t][b] = v8_load(tile->sum + t * FIRST_CONV_PAIR + b * 8);
  }
  long step = tile->src_pixel, block = tile->block;
  for (long r = 0; r < tile->rows; r++) {
    const float *src = tile->src + r * tile->src_row, *dy = tile->dy + r * tile->dy_row;
    for (const float *end = dy + tile->pixels * 8; dy < end; dy += 8, src += step) {
      v8 d[2];
      ZK_UNROLL for (int b = 0; b < blocks; b++) d[b] = v8_load(dy + b * block);
      ZK_UNROLL for (int t = 0; t < taps; t++) {
        v8 x = v8_set(src[offset[t]]);
        ZK_UNROLL for (int b = 0; b < blocks; b++) sum[t][b] = v8_fma(d[b], x, sum[t][b]);
      }
    }
  }
  ZK_UNROLL for (int t = 0; t < taps; t++) {
    ZK_UNROLL for (int b = 0; b < blocks; b++) v8_store(tile->sum + t * FIRST_CONV_PAIR + b * 8, sum[t][b]);
  }
}

#define TILE(B, T) \
  static void tile_##B##x##T(const struct tile *tile) { compute(B, T, tile); }
#define TILES(B) TILE(B, 1) TILE(B, 2) TILE(B, 3) TILE(B, 4) TILE(B, 5) TILE(B, 6)
TILES(1) TILES(2)

typedef void (*tile_function)(const struct tile *);
/// By blocks − 1 and taps − 1.
static const tile_function tiles[2][TAPS] = {
    {tile_1x1, tile_1x2, tile_1x3, tile_1x4, tile_1x5, tile_1x6},
    {tile_2x1, tile_2x2, tile_2x3, tile_2x4, tile_2x5, tile_2x6},
};

struct backward {
  const struct first_conv_plan *plan;
  const float *src, *dy;
  bool accumulate;
  float *dw, *db, *scratch;
};

/// Adds the sums of some rows' dy to bias[16].
ZK_INLINE void add_bias(const struct tile *tile, int blocks, float *bias) {
  for (int b = 0; b < blocks; b++) {
    v8 sum = v8_load(bias + b * 8);
    for (long r = 0; r < tile->rows; r++) {
      const float *dy = tile->dy + r * tile->dy_row + b * tile->block;
      for (long p = 0; p < tile->pixels; p++) sum += v8_load(dy + p * 8);
    }
    v8_store(bias + b * 8, sum);
  }
}

ZK_INLINE void pair_of_band(
    const struct backward *pass, const float *band, long image, long first, long rows, long pair, float *sums) {
  const struct first_conv_plan *plan = pass->plan;
  const zk_first_conv *conv = &plan->conv;
  long plane = conv->out_height * conv->out_width * 8, row = conv->out_width * 8;
  const float *dy = pass->dy + (image * plan->blocks + 2 * pair) * plane + first * row;
  const long *offsets = (const long *)(pass->scratch + plan->offsets_at);
  int blocks = 2 * pair + 1 < plan->blocks ? 2 : 1;
  long at_once = zk_max(1, FIRST_CONV_GRADIENT_FLOATS / (row * blocks)), groups = (plan->taps + TAPS - 1) / TAPS;
  for (long r = 0; r < rows; r += at_once) {
    struct tile tile = {
        .src = band + r * conv->stride_height * plan->row_floats,
        .dy = dy + r * row,
        .src_row = conv->stride_height * plan->row_floats,
        .src_pixel = conv->stride_width,
        .dy_row = row,
        .block = plane,
        .rows = zk_min(at_once, rows - r),
        .pixels = conv->out_width,
    };
    long tap = 0;
    for (long group = 0; group < groups; group++) {
      long taps = plan->taps / groups + (group < plan->taps % groups);
      tile.offsets = offsets + tap;
      tile.sum = sums + tap * FIRST_CONV_PAIR;
      tiles[blocks - 1][taps - 1](&tile);
      tap += taps;
    }
    add_bias(&tile, blocks, sums + plan->taps * FIRST_CONV_PAIR);
  }
}

static void run(void *context, int thread, int threads) {
  const struct backward *pass = context;
  const struct first_conv_plan *plan = pass->plan;
  float *band = pass->scratch + plan->band_at + thread * ((plan->parts_at - plan->band_at) / plan->conv.threads);
  long pair_floats = (plan->taps + 1) * FIRST_CONV_PAIR, begin, end;
  zk_split(FIRST_CONV_PARTS, 1, thread, threads, &begin, &end);
  for (long part = begin; part < end; part++) {
    float *sums = pass->scratch + plan->parts_at + part * plan->pairs * pair_floats;
    memset(sums, 0, (size_t)(plan->pairs * pair_floats) * sizeof(float));
    long unit, last;
    zk_split(plan->conv.batch * plan->bands, 1, (int)part, FIRST_CONV_PARTS, &unit, &last);
    for (; unit < last; unit++) {
      long rows, first = first_conv_copy_band(plan, pass->src, unit, band, &rows);
      for (long pair = 0; pair < plan->pairs; pair++) {
        pair_of_band(pass, band, unit / plan->bands, first, rows, pair, sums + pair * pair_floats);
      }
    }
  }
}

/// Adds up the parts, in order, and writes them as plain weights and biases. The threads share the pairs.
static void reduce(void *context, int thread, int threads) {
  const struct backward *pass = context;
  const struct first_conv_plan *plan = pass->plan;
  long taps = plan->taps, outputs = plan->conv.outputs, begin, end;
  zk_split(plan->pairs, 1, thread, threads, &begin, &end);
  for (long pair = begin; pair < end; pair++) {
    for (long tap = 0; tap <= taps; tap++) {
      v8 sum[2] = {0};
      for (long part = 0; part < FIRST_CONV_PARTS; part++) {
        const float *from = pass->scratch + plan->parts_at + ((part * plan->pairs + pair) * (taps + 1) + tap) * FIRST_CONV_PAIR;
        sum[0] += v8_load(from);
        sum[1] += v8_load(from + 8);
      }
      for (long k = 0; k < FIRST_CONV_PAIR && pair * FIRST_CONV_PAIR + k < outputs; k++) {
        long channel = pair * FIRST_CONV_PAIR + k;
        float *to = tap < taps ? pass->dw + channel * taps + tap : pass->db ? pass->db + channel : NULL;
        if (to) *to = pass->accumulate ? *to + sum[k / 8][k % 8] : sum[k / 8][k % 8];
      }
    }
  }
}

ZK_VECTOR_CODE_END

void zk_first_conv_backward_weights(
    const zk_first_conv *conv, const float *src, const float *dy, bool accumulate, float *dw, float *db, void *scratch) {
  struct first_conv_plan plan = first_conv_plan(conv);
  struct backward pass = {&plan, src, dy, accumulate, dw, db, scratch};
  first_conv_tap_offsets(&plan, (long *)(pass.scratch + plan.offsets_at));
  zk_parallel(conv->threads, run, &pass);
  zk_parallel(conv->threads, reduce, &pass);
}
