// The weights' gradient, used by the optimizer tile by tile while it is in registers: it never goes to memory.
#include "ckernels_linear.h"
#include "ckernels_parallel.h"
#include "linear_gradient.h"
#include "update_rules.h"

/// How many inputs ahead the weights and their state are fetched.
enum { AHEAD = 4 * ZK_WEIGHTS_PANEL };

struct update {
  struct linear_gradient packed;
  const zk_rule *rule;
  float *weights;
  float *const *state;
};

ZK_VECTOR_CODE_BEGIN

/// Updates the tile at `at` of the weights, as far as it is there.
ZK_INLINE void tile(
    const struct update *all, enum rule_form form, long rows, long columns, long at, const float *dy, const float *x) {
  long stride = all->packed.layer->inputs;
  int slots = rule_slots(form);
  bool reads = rule_reads(form);
  v8 values[ZK_RULE_SLOTS] = {0};
  float *state[ZK_RULE_SLOTS] = {0};
  ZK_UNROLL for (int s = 0; s < slots; s++) state[s] = all->state[s];
  if (rows == ZK_WEIGHTS_ROWS && columns == ZK_WEIGHTS_PANEL) {
    ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) {
      __builtin_prefetch(all->weights + at + r * stride + AHEAD, 0, 2);
      ZK_UNROLL for (int s = 0; s < slots; s++) __builtin_prefetch(state[s] + at + r * stride + AHEAD, 0, 2);
    }
    v8 gradient[ZK_WEIGHTS_ROWS][2];
    linear_gradient_multiply(all->packed.layer->batch, dy, x, gradient);
    ZK_UNROLL for (int r = 0; r < ZK_WEIGHTS_ROWS; r++) {
      ZK_UNROLL for (int v = 0; v < 2; v++) {
        long place = at + r * stride + v * 8;
        ZK_UNROLL for (int s = 0; s < slots; s++) if (reads) values[s] = v8_load(state[s] + place);
        v8_store(
            all->weights + place, rule_step(all->rule, form, gradient[r][v], v8_load(all->weights + place), values));
        ZK_UNROLL for (int s = 0; s < slots; s++) v8_store(state[s] + place, values[s]);
      }
    }
    return;
  }
  union linear_gradient_tile gradient;
  linear_gradient_multiply(all->packed.layer->batch, dy, x, gradient.vectors);
  for (long r = 0; r < rows; r++) {
    for (long c = 0; c < columns; c += 8) {
      long place = at + r * stride + c, part = zk_min(8, columns - c);
      ZK_UNROLL for (int s = 0; s < slots; s++) if (reads) values[s] = v8_load_part(state[s] + place, part);
      v8 weights = v8_load_part(all->weights + place, part);
      v8_store_part(
          all->weights + place, rule_step(all->rule, form, v8_load(&gradient.floats[r][c]), weights, values), part);
      ZK_UNROLL for (int s = 0; s < slots; s++) v8_store_part(state[s] + place, values[s], part);
    }
  }
}

typedef void (*tile_function)(const struct update *, long, long, long, const float *, const float *);

#define TILE(FORM, SLOTS) \
  static void tile_##FORM(const struct update *all, long rows, long columns, long at, const float *dy, const float *x) { \
    tile(all, FORM, rows, columns, at, dy, x); \
  }
RULE_FORMS(TILE)
#undef TILE

#define TILE(FORM, SLOTS) [FORM] = tile_##FORM,
static const tile_function tiles[] = {RULE_FORMS(TILE)};
#undef TILE

static void run(void *context, int thread, int threads) {
  const struct update *all = context;
  const zk_linear *layer = all->packed.layer;
  tile_function tile = tiles[all->rule->form];
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

void zk_linear_backward_update(
    const zk_linear *layer, const float *x, const float *dy, const zk_rule *rule, float *weights, float *const *state,
    float *db, void *scratch) {
  struct update all = {linear_gradient_pack(layer, x, dy, false, db, scratch), rule, weights, state};
  zk_parallel(layer->threads, run, &all);
}
