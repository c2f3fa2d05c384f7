// dw = dyᵀ·x and db = Σ dy. The threads share the outputs. A register tile leaves for memory without a stop in the caches.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_gradient.h"

ZK_VECTOR_CODE_BEGIN

enum store { STORE, STREAM, ADD };

ZK_INLINE void tile(enum store store, long batch, const float *dy, const float *x, float *dw, long stride) {
  v8 sum[ZK_WEIGHTS_ROWS][2];
  linear_gradient_multiply(batch, dy, x, sum);
  ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) {
    ZK_UNROLL for (int v = 0; v < 2; v++) {
      float *to = dw + r * stride + v * 8;
      switch (store) {
      case STORE: v8_store(to, sum[r][v]); break;
      case STREAM: v8_stream(to, sum[r][v]); break;
      case ADD: v8_store(to, v8_load(to) + sum[r][v]); break;
      }
    }
  }
}

#define TILE(NAME, STORE) \
  static void NAME(long batch, const float *dy, const float *x, float *dw, long stride) { \
    tile(STORE, batch, dy, x, dw, stride); \
  }
TILE(store_tile, STORE) TILE(stream_tile, STREAM) TILE(add_tile, ADD)

typedef void (*tile_function)(long, const float *, const float *, float *, long);
static const tile_function tiles[3] = {store_tile, stream_tile, add_tile};

/// At the right and lower edges: `rows` and `columns` of a tile.
static void edge_tile(
    long rows, long columns, bool accumulate, long batch, const float *dy, const float *x, float *dw, long stride) {
  union linear_gradient_tile sum;
  linear_gradient_multiply(batch, dy, x, sum.vectors);
  for (long r = 0; r < rows; r++) {
    for (long c = 0; c < columns; c++) {
      float *to = dw + r * stride + c;
      *to = accumulate ? *to + sum.floats[r][c] : sum.floats[r][c];
    }
  }
}

struct backward {
  struct linear_gradient packed;
  bool accumulate;
  float *dw;
};

static void multiply(void *context, int thread, int threads) {
  const struct backward *pass = context;
  const zk_linear *layer = pass->packed.layer;
  long inputs = layer->inputs, batch = layer->batch, block = linear_gradient_block(layer), begin, end;
  bool aligned = inputs % 8 == 0 && (uintptr_t)pass->dw % 32 == 0;
  tile_function run = tiles[pass->accumulate ? ADD : aligned ? STREAM : STORE];
  zk_split(layer->outputs, ZK_WEIGHTS_ROWS, thread, threads, &begin, &end);
  for (long first = 0; first < inputs; first += block) {
    long last = zk_min(first + block, inputs);
    for (long o = begin; o < end; o += ZK_WEIGHTS_ROWS) {
      const float *dy = pass->packed.dy + o * batch;
      long rows = zk_min(ZK_WEIGHTS_ROWS, end - o);
      for (long i = first; i < last; i += ZK_WEIGHTS_PANEL) {
        const float *x = pass->packed.x + i * batch;
        float *dw = pass->dw + o * inputs + i;
        long columns = zk_min(ZK_WEIGHTS_PANEL, last - i);
        if (rows == ZK_WEIGHTS_ROWS && columns == ZK_WEIGHTS_PANEL) {
          run(batch, dy, x, dw, inputs);
        } else {
          edge_tile(rows, columns, pass->accumulate, batch, dy, x, dw, inputs);
        }
      }
    }
  }
}

ZK_VECTOR_CODE_END

void zk_linear_backward_weights(
    const zk_linear *layer, const float *x, const float *dy, bool accumulate, float *dw, float *db, void *scratch) {
  struct backward pass = {linear_gradient_pack(layer, x, dy, accumulate, db, scratch), accumulate, dw};
  zk_parallel(layer->threads, multiply, &pass);
}
