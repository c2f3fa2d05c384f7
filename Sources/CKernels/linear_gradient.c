#include "linear_gradient.h"

#include "ckernels_parallel.h"

ZK_VECTOR_CODE_BEGIN

struct pack {
  struct linear_gradient to;
  const float *x, *dy;
  bool accumulate;
  float *db;
};

static void pack(void *context, int thread, int threads) {
  const struct pack *pack = context;
  const zk_linear *layer = pack->to.layer;
  long inputs = layer->inputs, outputs = layer->outputs, batch = layer->batch, begin, end;
  zk_split(inputs, ZK_WEIGHTS_PANEL, thread, threads, &begin, &end);
  for (long n = 0; n < batch; n++) {
    const float *from = pack->x + n * inputs;
    for (long i = begin; i < end; i += ZK_WEIGHTS_PANEL) {
      float *to = pack->to.x + i * batch + n * ZK_WEIGHTS_PANEL;
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
    float *to = pack->to.dy + o * batch;
    float total[ZK_WEIGHTS_ROWS] = {0};
    for (long n = 0; n < batch; n++, to += ZK_WEIGHTS_ROWS) {
      const float *from = pack->dy + n * outputs + o;
      for (long r = 0; r < ZK_WEIGHTS_ROWS; r++) {
        to[r] = r < rows ? from[r] : 0;
        total[r] += to[r];
      }
    }
    if (pack->db) {
      for (long r = 0; r < rows; r++) pack->db[o + r] = pack->accumulate ? pack->db[o + r] + total[r] : total[r];
    }
  }
}

ZK_VECTOR_CODE_END

struct linear_gradient linear_gradient_pack(
    const zk_linear *layer, const float *x, const float *dy, bool accumulate, float *db, void *scratch) {
  float *packed = scratch;
  struct linear_gradient to = {layer, packed, packed + zk_round_up(layer->inputs, ZK_WEIGHTS_PANEL) * layer->batch};
  struct pack all = {to, x, dy, accumulate, db};
  zk_parallel(layer->threads, pack, &all);
  return to;
}

long linear_backward_weights_floats(const zk_linear *layer) {
  return layer->batch * (zk_round_up(layer->inputs, ZK_WEIGHTS_PANEL) + zk_round_up(layer->outputs, ZK_WEIGHTS_ROWS));
}
