// dw = dyᵀ·x and db = Σ dy. The threads share the outputs. x lies in panels of which as many as fit stay in L2 while all
// outputs pass by; a register tile is six outputs by 16 inputs, and leaves for memory without a stop in the caches.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_blocks.h"
#include "vector8.h"

ZK_VECTOR_CODE_BEGIN

/// sum[rows][2] = Σ over the batch of dy[n][rows] · x[n][16].
ZK_INLINE void multiply_tile(int rows, long batch, const float *dy, const float *x, v8 sum[ZK_WEIGHTS_ROWS][2]) {
  ZK_UNROLL for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = v8_set(0);
  for (long n = 0; n < batch; n++) {
    v8 low = *(const v8 *)x, high = *(const v8 *)(x + 8);
    ZK_UNROLL for (int r = 0; r < rows; r++) {
      v8 d = v8_set(dy[r]);
      sum[r][0] = v8_fma(d, low, sum[r][0]);
      sum[r][1] = v8_fma(d, high, sum[r][1]);
    }
    x += ZK_WEIGHTS_PANEL;
    dy += ZK_WEIGHTS_ROWS;
  }
}

enum store { STORE, STREAM, ADD };

ZK_INLINE void tile(int rows, enum store store, long batch, const float *dy, const float *x, float *dw, long stride) {
  v8 sum[ZK_WEIGHTS_ROWS][2];
  multiply_tile(rows, batch, dy, x, sum);
  ZK_UNROLL for (int r = 0; r < rows; r++) {
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
    tile(ZK_WEIGHTS_ROWS, STORE, batch, dy, x, dw, stride); \
  }
TILE(store_tile, STORE) TILE(stream_tile, STREAM) TILE(add_tile, ADD)

typedef void (*tile_function)(long, const float *, const float *, float *, long);
static const tile_function tiles[3] = {store_tile, stream_tile, add_tile};

/// At the right and lower edges: `rows` and `columns` of a tile.
static void edge_tile(
    long rows, long columns, bool accumulate, long batch, const float *dy, const float *x, float *dw, long stride) {
  union {
    v8 vectors[ZK_WEIGHTS_ROWS][2];
    float floats[ZK_WEIGHTS_ROWS][ZK_WEIGHTS_PANEL];
  } sum;
  multiply_tile(ZK_WEIGHTS_ROWS, batch, dy, x, sum.vectors);
  for (long r = 0; r < rows; r++) {
    for (long c = 0; c < columns; c++) {
      float *to = dw + r * stride + c;
      *to = accumulate ? *to + sum.floats[r][c] : sum.floats[r][c];
    }
  }
}

struct backward {
  const zk_linear *layer;
  const float *x, *dy;
  bool accumulate;
  float *dw, *db, *packed_x, *packed_dy;
};

/// x as [panel of 16 inputs][batch][16] and dy as [group of 6 outputs][batch][6], both padded with zeros; and db.
static void pack(void *context, int thread, int threads) {
  const struct backward *pass = context;
  long inputs = pass->layer->inputs, outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  zk_split(inputs, ZK_WEIGHTS_PANEL, thread, threads, &begin, &end);
  for (long n = 0; n < batch; n++) {
    const float *from = pass->x + n * inputs;
    for (long i = begin; i < end; i += ZK_WEIGHTS_PANEL) {
      float *to = pass->packed_x + i * batch + n * ZK_WEIGHTS_PANEL;
      long count = zk_min(ZK_WEIGHTS_PANEL, end - i);
      if (count == ZK_WEIGHTS_PANEL) {
        *(v8 *)to = v8_load(from + i);
        *(v8 *)(to + 8) = v8_load(from + i + 8);
      } else {
        memcpy(to, from + i, (size_t)count * sizeof(float));
        memset(to + count, 0, (size_t)(ZK_WEIGHTS_PANEL - count) * sizeof(float));
      }
    }
  }
  zk_split(outputs, ZK_WEIGHTS_ROWS, thread, threads, &begin, &end);
  for (long o = begin; o < end; o += ZK_WEIGHTS_ROWS) {
    long rows = zk_min(ZK_WEIGHTS_ROWS, end - o);
    float *to = pass->packed_dy + o * batch;
    float total[ZK_WEIGHTS_ROWS] = {0};
    for (long n = 0; n < batch; n++, to += ZK_WEIGHTS_ROWS) {
      const float *from = pass->dy + n * outputs + o;
      for (long r = 0; r < ZK_WEIGHTS_ROWS; r++) {
        to[r] = r < rows ? from[r] : 0;
        total[r] += to[r];
      }
    }
    if (pass->db) {
      for (long r = 0; r < rows; r++) pass->db[o + r] = pass->accumulate ? pass->db[o + r] + total[r] : total[r];
    }
  }
}

static void multiply(void *context, int thread, int threads) {
  const struct backward *pass = context;
  long inputs = pass->layer->inputs, outputs = pass->layer->outputs, batch = pass->layer->batch, begin, end;
  bool aligned = inputs % 8 == 0 && (uintptr_t)pass->dw % 32 == 0;
  tile_function run = tiles[pass->accumulate ? ADD : aligned ? STREAM : STORE];
  long block = zk_max(ZK_WEIGHTS_FLOATS / (batch * ZK_WEIGHTS_PANEL), 1) * ZK_WEIGHTS_PANEL;
  zk_split(outputs, ZK_WEIGHTS_ROWS, thread, threads, &begin, &end);
  for (long first = 0; first < inputs; first += block) {
    long last = zk_min(first + block, inputs);
    for (long o = begin; o < end; o += ZK_WEIGHTS_ROWS) {
      const float *dy = pass->packed_dy + o * batch;
      long rows = zk_min(ZK_WEIGHTS_ROWS, end - o);
      for (long i = first; i < last; i += ZK_WEIGHTS_PANEL) {
        const float *x = pass->packed_x + i * batch;
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
  float *packed_x = scratch;
  float *packed_dy = packed_x + zk_round_up(layer->inputs, ZK_WEIGHTS_PANEL) * layer->batch;
  struct backward pass = {layer, x, dy, accumulate, dw, db, packed_x, packed_dy};
  zk_parallel(layer->threads, pack, &pass);
  zk_parallel(layer->threads, multiply, &pass);
}
