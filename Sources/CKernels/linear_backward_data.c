// dx = dy·w. The threads share the inputs. A block of weights is copied into panels that stay in L2 and are multiplied with
// all samples, while the next block is being fetched. A register tile is six samples by 16 inputs.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_blocks.h"
#include "vector8.h"

ZK_VECTOR_CODE_BEGIN

/// Lines to fetch from memory while computing: a block of rows, a few lines at each call.
struct fetch {
  const float *row;
  long stride, rows, columns, column;
};

ZK_INLINE void fetch_line(struct fetch *fetch) {
  if (fetch->rows <= 0) return;
  __builtin_prefetch(fetch->row + fetch->column, 0, 2);
  fetch->column += 16;
  if (fetch->column >= fetch->columns) {
    fetch->column = 0;
    fetch->row += fetch->stride;
    fetch->rows--;
  }
}

/// dx[rows][16] (+)= Σ over `outputs` of dy[o][rows] · panel[o][16].
ZK_INLINE void tile(
    int rows, long outputs, const float *dy, const float *panel, float *dx, long stride, bool first, struct fetch *fetch) {
  v8 sum[ZK_DATA_ROWS][2];
  ZK_UNROLL for (int r = 0; r < rows; r++) {
    ZK_UNROLL for (int v = 0; v < 2; v++) sum[r][v] = v8_set(0);
  }
  for (long o = 0; o < outputs;) {
    long stop = zk_min(o + 8, outputs);
    fetch_line(fetch);
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
      float *to = dx + r * stride + v * 8;
      v8_store(to, first ? sum[r][v] : v8_load(to) + sum[r][v]);
    }
  }
}

#define TILE(R) \
  static void tile_##R( \
      long outputs, const float *dy, const float *panel, float *dx, long stride, bool first, struct fetch *fetch) { \
    tile(R, outputs, dy, panel, dx, stride, first, fetch); \
  }
TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)

typedef void (*tile_function)(long, const float *, const float *, float *, long, bool, struct fetch *);
static const tile_function tiles[ZK_DATA_ROWS] = {tile_1, tile_2, tile_3, tile_4, tile_5, tile_6};

struct backward {
  const zk_linear *layer;
  const float *dy, *weights;
  float *dx, *packed, *panels;
};

/// Samples go in groups of at most six, as even as can be.
ZK_INLINE long groups_of(long batch) { return (batch + ZK_DATA_ROWS - 1) / ZK_DATA_ROWS; }
ZK_INLINE long group_start(long batch, long group) {
  long groups = groups_of(batch), share = batch / groups, extra = batch % groups;
  return group * share + zk_min(group, extra);
}

/// dy as [group of samples][output][sample of the group].
static void pack(void *context, int thread, int threads) {
  const struct backward *pass = context;
  long outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  zk_split(groups_of(batch), 1, thread, threads, &begin, &end);
  for (long group = begin; group < end; group++) {
    long first = group_start(batch, group), rows = group_start(batch, group + 1) - first;
    float *to = pass->packed + first * outputs;
    const float *from = pass->dy + first * outputs;
    for (long o = 0; o < outputs; o++) {
      for (long r = 0; r < rows; r++) *to++ = from[r * outputs + o];
    }
  }
}

/// A block of weights as [panel of 16 inputs][output][16], padded with zeros.
ZK_INLINE void copy_block(const float *weights, long stride, long outputs, long inputs, float *to) {
  long panel_floats = outputs * ZK_DATA_PANEL;
  for (long o = 0; o < outputs; o++, weights += stride, to += ZK_DATA_PANEL) {
    float *row = to;
    long i = 0;
    for (; i + ZK_DATA_PANEL <= inputs; i += ZK_DATA_PANEL, row += panel_floats) {
      ZK_UNROLL for (int v = 0; v < 2; v++) *(v8 *)(row + v * 8) = v8_load(weights + i + v * 8);
    }
    if (i < inputs) {
      memcpy(row, weights + i, (size_t)(inputs - i) * sizeof(float));
      memset(row + (inputs - i), 0, (size_t)(ZK_DATA_PANEL - (inputs - i)) * sizeof(float));
    }
  }
}

static void multiply(void *context, int thread, int threads) {
  const struct backward *pass = context;
  long inputs = pass->layer->inputs, outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  long groups = groups_of(batch);
  float *panels = pass->panels + thread * (ZK_DATA_INPUTS * ZK_DATA_OUTPUTS);
  zk_split(inputs, ZK_DATA_PANEL, thread, threads, &begin, &end);
  for (long i = begin; i < end; i += ZK_DATA_INPUTS) {
    long width = zk_min(ZK_DATA_INPUTS, end - i);
    for (long o = 0; o < outputs; o += ZK_DATA_OUTPUTS) {
      long height = zk_min(ZK_DATA_OUTPUTS, outputs - o);
      copy_block(pass->weights + o * inputs + i, inputs, height, width, panels);
      struct fetch fetch = {.stride = inputs};
      if (o + height < outputs) {
        fetch.row = pass->weights + (o + height) * inputs + i;
        fetch.rows = zk_min(ZK_DATA_OUTPUTS, outputs - o - height);
        fetch.columns = width;
      } else if (i + width < end) {
        fetch.row = pass->weights + i + width;
        fetch.rows = zk_min(ZK_DATA_OUTPUTS, outputs);
        fetch.columns = zk_min(ZK_DATA_INPUTS, end - i - width);
      }
      for (long p = 0; p < width; p += ZK_DATA_PANEL) {
        for (long group = 0; group < groups; group++) {
          long n = group_start(batch, group), rows = group_start(batch, group + 1) - n;
          const float *dy = pass->packed + n * outputs + o * rows, *panel = panels + p * height;
          float *dx = pass->dx + n * inputs + i + p;
          if (width - p >= ZK_DATA_PANEL) {
            tiles[rows - 1](height, dy, panel, dx, inputs, o == 0, &fetch);
            continue;
          }
          float sum[ZK_DATA_ROWS * ZK_DATA_PANEL];
          tiles[rows - 1](height, dy, panel, sum, ZK_DATA_PANEL, true, &fetch);
          for (long r = 0; r < rows; r++) {
            for (long c = 0; c < width - p; c++) {
              float *to = dx + r * inputs + c;
              *to = o == 0 ? sum[r * ZK_DATA_PANEL + c] : *to + sum[r * ZK_DATA_PANEL + c];
            }
          }
        }
      }
    }
  }
}

ZK_VECTOR_CODE_END

void zk_linear_backward_data(const zk_linear *layer, const float *dy, const float *weights, float *dx, void *scratch) {
  long panels = (long)layer->threads * ZK_DATA_INPUTS * ZK_DATA_OUTPUTS;
  struct backward pass = {layer, dy, weights, dx, (float *)scratch + panels, scratch};
  zk_parallel(layer->threads, pack, &pass);
  zk_parallel(layer->threads, multiply, &pass);
}
