// The weights' gradient, used by the optimizer tile by tile while it is in registers: it never goes to memory.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_gradient.h"
#include "update_rules.h"

/// How many inputs ahead the weights and their state are fetched.
enum { AHEAD = 4 * ZK_WEIGHTS_PANEL };

struct update {
  struct linear_gradient packed;
  const zk_sgd *sgd;
  const zk_adam *adam;
  float *weights, *first, *second;
};

enum form { PLAIN = SGD_PLAIN, FIRST, MOMENTUM, FIRST_NESTEROV, NESTEROV, ADAM };

ZK_VECTOR_CODE_BEGIN

ZK_INLINE v8 step(const struct update *all, enum form form, v8 gradient, v8 parameter, v8 *first, v8 *second) {
  if (form == ADAM) return adam_step(all->adam, gradient, parameter, first, second);
  return sgd_step(all->sgd, (enum sgd_form)form, gradient, parameter, first);
}

/// Updates the tile at `at` of the weights, as far as it is there.
ZK_INLINE void tile(const struct update *all, enum form form, long rows, long columns, long at, const float *dy, const float *x) {
  long stride = all->packed.layer->inputs;
  bool keeps_first = form != PLAIN, keeps_second = form == ADAM;
  bool reads_first = form == MOMENTUM || form == NESTEROV || form == ADAM;
  v8 first = v8_set(0), second = v8_set(0);
  if (rows == ZK_WEIGHTS_ROWS && columns == ZK_WEIGHTS_PANEL) {
    ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) {
      __builtin_prefetch(all->weights + at + r * stride + AHEAD, 0, 2);
      if (keeps_first) __builtin_prefetch(all->first + at + r * stride + AHEAD, 0, 2);
      if (keeps_second) __builtin_prefetch(all->second + at + r * stride + AHEAD, 0, 2);
    }
    v8 gradient[ZK_WEIGHTS_ROWS][2];
    linear_gradient_multiply(all->packed.layer->batch, dy, x, gradient);
    ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) {
      ZK_UNROLL for (int v = 0; v < 2; v++) {
        long place = at + r * stride + v * 8;
        if (reads_first) first = v8_load(all->first + place);
        if (keeps_second) second = v8_load(all->second + place);
        v8_store(all->weights + place, step(all, form, gradient[r][v], v8_load(all->weights + place), &first, &second));
        if (keeps_first) v8_store(all->first + place, first);
        if (keeps_second) v8_store(all->second + place, second);
      }
    }
    return;
  }
  union linear_gradient_tile gradient;
  linear_gradient_multiply(all->packed.layer->batch, dy, x, gradient.vectors);
  for (long r = 0; r < rows; r++) {
    for (long c = 0; c < columns; c += 8) {
      long place = at + r * stride + c, part = zk_min(8, columns - c);
      if (reads_first) first = v8_load_part(all->first + place, part);
      if (keeps_second) second = v8_load_part(all->second + place, part);
      v8 weights = v8_load_part(all->weights + place, part);
      v8_store_part(all->weights + place, step(all, form, v8_load(&gradient.floats[r][c]), weights, &first, &second), part);
      if (keeps_first) v8_store_part(all->first + place, first, part);
      if (keeps_second) v8_store_part(all->second + place, second, part);
    }
  }
}

#define TILE(FORM) \
  static void tile_##FORM(const struct update *all, long rows, long columns, long at, const float *dy, const float *x) { \
    tile(all, FORM, rows, columns, at, dy, x); \
  }
TILE(PLAIN) TILE(FIRST) TILE(MOMENTUM) TILE(FIRST_NESTEROV) TILE(NESTEROV) TILE(ADAM)

typedef void (*tile_function)(const struct update *, long, long, long, const float *, const float *);
static const tile_function tiles[] = {tile_PLAIN, tile_FIRST, tile_MOMENTUM, tile_FIRST_NESTEROV, tile_NESTEROV, tile_ADAM};

static void run(void *context, int thread, int threads) {
  const struct update *all = context;
  const zk_linear *layer = all->packed.layer;
  tile_function tile = tiles[all->adam ? ADAM : sgd_form_of(all->sgd)];
  long inputs = layer->inputs, batch = layer->batch, block = linear_gradient_block(layer), begin, end;
  zk_split(layer->outputs, ZK_WEIGHTS_ROWS, thread, threads, &begin, &end);
  for (long first = 0; first < inputs; first += block) {
    long last = zk_min(first + block, inputs);
    for (long o = begin; o < end; o += ZK_WEIGHTS_ROWS) {
      long rows = zk_min(ZK_WEIGHTS_ROWS, end - o);
      for (long i = first; i < last; i += ZK_WEIGHTS_PANEL) {
        tile(
            all, rows, zk_min(ZK_WEIGHTS_PANEL, last - i), o * inputs + i, all->packed.dy + o * batch,
            all->packed.x + i * batch);
      }
    }
  }
}

ZK_VECTOR_CODE_END

void zk_linear_backward_update_sgd(
    const zk_linear *layer, const float *x, const float *dy, const zk_sgd *rule, float *weights, float *momentum, float *db,
    void *scratch) {
  struct update all = {linear_gradient_pack(layer, x, dy, false, db, scratch), rule, NULL, weights, momentum, NULL};
  zk_parallel(layer->threads, run, &all);
}

void zk_linear_backward_update_adam(
    const zk_linear *layer, const float *x, const float *dy, const zk_adam *rule, float *weights, float *first_moment,
    float *second_moment, float *db, void *scratch) {
  struct update all = {
      linear_gradient_pack(layer, x, dy, false, db, scratch), NULL, rule, weights, first_moment, second_moment};
  zk_parallel(layer->threads, run, &all);
}
