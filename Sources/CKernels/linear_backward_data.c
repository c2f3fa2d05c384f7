// dx = dy·w. The threads share the inputs. A block of weights is copied into panels that stay in L2 and are multiplied with
// all samples, while the next block is being fetched. A register tile is six samples by 16 inputs.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_blocks.h"
#include "vector8.h"

enum {
  /// Outputs between two lines that a tile fetches from memory, and the floats that it fetches of a row of weights.
  FETCH_EVERY = 4,
  FETCH_FLOATS = ZK_DATA_OUTPUTS / FETCH_EVERY * 16,
  /// A panel, and a line more, so that the lines of a row that is copied do not fight for the same place in L1.
  PANEL_FLOATS = ZK_DATA_OUTPUTS * ZK_DATA_PANEL + 16,
  PANELS = ZK_DATA_INPUTS / ZK_DATA_PANEL,
};

/// The inputs of a block: many, to read long pieces of the weights' rows, but the sums of all samples must stay in L2.
ZK_INLINE long block_inputs(long batch) {
  long fits = ZK_DATA_SUMS / batch;
  return zk_max(FETCH_FLOATS, zk_min(fits / FETCH_FLOATS * FETCH_FLOATS, ZK_DATA_INPUTS));
}

/// Floats of the panels and sums of one thread.
ZK_INLINE long own_floats(long batch) { return PANELS * PANEL_FLOATS + block_inputs(batch) * batch; }

ZK_VECTOR_CODE_BEGIN

/// sums[rows][16] (+)= Σ over `outputs` of dy[o][rows] · panel[o][16].
ZK_INLINE void tile(
    int rows, long outputs, const float *dy, const float *panel, float *sums, bool first, const float *next) {
  v8 sum[ZK_DATA_ROWS][2];
  ZK_UNROLL for (int r = 0; r < rows; r++) {
    ZK_UNROLL for (int v = 0; v < 2; v++) sum[r][v] = v8_set(0);
  }
  for (long o = 0; o < outputs;) {
    long stop = zk_min(o + FETCH_EVERY, outputs);
    __builtin_prefetch(next + o * (16 / FETCH_EVERY), 0, 2);
    for (; o < stop; o++) {
      v8 w[2];
      ZK_UNROLL for (int v = 0; v < 2; v++) w[v] = *(const v8 *)(panel + v * 8);
      ZK_UNROLL for (int r = 0; r < rows; r++) {
        v8 d = v8_set(dy[r]);
        ZK_UNROLL for (int v = 0; v < 2; v++) sum[r][v] = v8_fma(d, w[v], sum[r][v]);
      }
      panel += ZK_DATA_PANEL;
      dy += rows;
    }
  }
  ZK_UNROLL for (int r = 0; r < rows; r++) {
    ZK_UNROLL for (int v = 0; v < 2; v++) {
      v8 *to = (v8 *)(sums + r * ZK_DATA_PANEL + v * 8);
      *to = first ? sum[r][v] : *to + sum[r][v];
    }
  }
}

#define TILE(R) \
  static void tile_##R( \
      long outputs, const float *dy, const float *panel, float *sums, bool first, const float *next) { \
    tile(R, outputs, dy, panel, sums, first, next); \
  }
TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)

typedef void (*tile_function)(long, const float *, const float *, float *, bool, const float *);
static const tile_function tiles[ZK_DATA_ROWS] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

/// Samples go in groups of at most six, as even as can be.
ZK_INLINE long groups_of(long batch) { return (batch + ZK_DATA_ROWS - 1) / ZK_DATA_ROWS; }
ZK_INLINE long group_start(long batch, long group) {
  long groups = groups_of(batch), share = batch / groups, extra = batch % groups;
  return group * share + zk_min(group, extra);
}

struct backward {
  const zk_linear *layer;
  const float *dy, *weights;
  float *dx;
  /// dy as pack leaves it, and the threads' panels and sums.
  float *packed, *own;
};

/// dy as [block of outputs][group of samples][output][sample of the group].
static void pack(void *context, int thread, int threads) {
  const struct backward *pass = context;
  long outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  zk_split(outputs, ZK_DATA_OUTPUTS, thread, threads, &begin, &end);
  for (long block = begin; block < end; block += ZK_DATA_OUTPUTS) {
    float *to = pass->packed + block * batch;
    long last = zk_min(block + ZK_DATA_OUTPUTS, end);
    for (long group = 0; group < groups_of(batch); group++) {
      long first = group_start(batch, group), rows = group_start(batch, group + 1) - first;
      for (long o = block; o < last; o++) {
        for (long r = 0; r < rows; r++) *to++ = pass->dy[(first + r) * outputs + o];
      }
    }
  }
}

/// A block of weights as [panel of 16 inputs][output][16], padded with zeros.
ZK_INLINE void copy_block(const float *weights, long stride, long outputs, long inputs, float *to) {
  for (long o = 0; o < outputs; o++, weights += stride, to += ZK_DATA_PANEL) {
    float *row = to;
    long i = 0;
    for (; i + ZK_DATA_PANEL <= inputs; i += ZK_DATA_PANEL, row += PANEL_FLOATS) {
      ZK_UNROLL for (int v = 0; v < 2; v++) *(v8 *)(row + v * 8) = v8_load(weights + i + v * 8);
    }
    if (i < inputs) {
      memcpy(row, weights + i, (size_t)(inputs - i) * sizeof(float));
      memset(row + (inputs - i), 0, (size_t)(ZK_DATA_PANEL - (inputs - i)) * sizeof(float));
    }
  }
}

/// The block's product with all samples is added to sums[panel][batch][16], while `next`, the block that follows (or NULL), is
/// fetched: a piece of a row by each tile, until all are.
ZK_INLINE void multiply_block(
    const float *panels, long outputs, long inputs, const float *dy, long batch, bool first, const float *next, long stride,
    float *sums) {
  long groups = groups_of(batch), row_pieces = block_inputs(batch) / FETCH_FLOATS, piece = 0;
  for (long p = 0; p < inputs; p += ZK_DATA_PANEL, panels += PANEL_FLOATS) {
    for (long group = 0; group < groups; group++) {
      long n = group_start(batch, group), rows = group_start(batch, group + 1) - n;
      const float *fetched = panels;
      if (next && piece < ZK_DATA_OUTPUTS * row_pieces) {
        fetched = next + piece / row_pieces * stride + piece % row_pieces * FETCH_FLOATS;
        piece++;
      }
      tiles[rows - 1](outputs, dy + n * outputs, panels, sums + (p * batch + n * ZK_DATA_PANEL), first, fetched);
    }
  }
}

static void multiply(void *context, int thread, int threads) {
  const struct backward *pass = context;
  long inputs = pass->layer->inputs, outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  float *panels = pass->own + thread * own_floats(batch), *sums = panels + PANELS * PANEL_FLOATS;
  zk_split(inputs, ZK_DATA_PANEL, thread, threads, &begin, &end);
  for (long i = begin, width; i < end; i += width) {
    width = zk_min(block_inputs(batch), end - i);
    for (long o = 0, height; o < outputs; o += height) {
      height = zk_min(ZK_DATA_OUTPUTS, outputs - o);
      const float *weights = pass->weights + o * inputs + i, *next = NULL;
      copy_block(weights, inputs, height, width, panels);
      if (o + height < outputs) {
        next = weights + height * inputs;
      } else if (i + width < end) {
        next = pass->weights + i + width;
      }
      multiply_block(panels, height, width, pass->packed + o * batch, batch, o == 0, next, inputs, sums);
    }
    for (long n = 0; n < batch; n++) {
      float *to = pass->dx + n * inputs + i;
      for (long p = 0; p < width; p += ZK_DATA_PANEL) {
        const float *from = sums + p * batch + n * ZK_DATA_PANEL;
        memcpy(to + p, from, (size_t)zk_min(ZK_DATA_PANEL, width - p) * sizeof(float));
      }
    }
  }
}

ZK_VECTOR_CODE_END

long linear_backward_data_floats(const zk_linear *layer) {
  return layer->threads * own_floats(layer->batch) + layer->batch * layer->outputs;
}

void zk_linear_backward_data(const zk_linear *layer, const float *dy, const float *weights, float *dx, void *scratch) {
  float *own = scratch;
  struct backward pass = {layer, dy, weights, dx, own + layer->threads * own_floats(layer->batch), own};
  zk_parallel(layer->threads, pack, &pass);
  zk_parallel(layer->threads, multiply, &pass);
}
