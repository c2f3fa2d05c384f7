// Optimizer updates over flat arrays: one pass, limited by memory, so each array is fetched ahead and touched once.
#include "ckernels_update.h"

#include <math.h>

#include "ckernels_parallel.h"
#include "update_rules.h"

/// Fewer parameters than this are not worth waking a team for.
enum { ALONE = 16 * 1024, GRAIN = 1024, AHEAD = 128 };

/// A thread's share of LAMB's norms, alone on its cache line.
struct squares {
  double parameter, direction;
  char apart[48];
};

ZK_VECTOR_CODE_BEGIN

struct update {
  const zk_rule *rule;
  long count;
  float scale;
  const float *gradient;
  float *parameter;
  float *const *state;
  struct squares *squares;
};

ZK_INLINE void pass(const struct update *all, enum rule_form form, long begin, long end) {
  const zk_rule rule = *all->rule;
  v8 scale = v8_set(all->scale), values[ZK_RULE_SLOTS] = {0};
  int slots = rule_slots(form);
  bool reads = rule_reads(form);
  float *state[ZK_RULE_SLOTS] = {0};
  ZK_UNROLL for (int s = 0; s < slots; s++) state[s] = all->state[s];
  long i = begin;
  for (; i + 16 <= end; i += 16) {
    __builtin_prefetch(all->gradient + i + AHEAD);
    __builtin_prefetch(all->parameter + i + AHEAD, 1);
    ZK_UNROLL for (int s = 0; s < slots; s++) __builtin_prefetch(state[s] + i + AHEAD, 1);
    ZK_UNROLL for (int half = 0; half < 16; half += 8) {
      long at = i + half;
      ZK_UNROLL for (int s = 0; s < slots; s++) if (reads) values[s] = v8_load(state[s] + at);
      v8 gradient = v8_load(all->gradient + at) * scale;
      v8_store(all->parameter + at, rule_step(&rule, form, gradient, v8_load(all->parameter + at), values));
      ZK_UNROLL for (int s = 0; s < slots; s++) v8_store(state[s] + at, values[s]);
    }
  }
  for (; i < end; i += 8) {
    long part = zk_min(8, end - i);
    ZK_UNROLL for (int s = 0; s < slots; s++) if (reads) values[s] = v8_load_part(state[s] + i, part);
    v8 gradient = v8_load_part(all->gradient + i, part) * scale;
    v8_store_part(
        all->parameter + i, rule_step(&rule, form, gradient, v8_load_part(all->parameter + i, part), values), part);
    ZK_UNROLL for (int s = 0; s < slots; s++) v8_store_part(state[s] + i, values[s], part);
  }
}

static void task(void *context, int thread, int threads) {
  const struct update *all = context;
  long begin, end;
  zk_split(all->count, GRAIN, thread, threads, &begin, &end);
#define PASS(FORM, SLOTS) case FORM: pass(all, FORM, begin, end); break;
  switch ((enum rule_form)all->rule->form) {
    RULE_FORMS(PASS)
  case LAMB: break;
  }
#undef PASS
}

/// LAMB's first pass: the moments, and the squares of parameters and directions.
static void lamb_moments(void *context, int thread, int threads) {
  const struct update *all = context;
  const zk_rule rule = *all->rule;
  float *first = all->state[0], *second = all->state[1];
  v8 scale = v8_set(all->scale);
  double parameter_squares = 0, direction_squares = 0;
  long begin, end;
  zk_split(all->count, GRAIN, thread, threads, &begin, &end);
  for (long block = begin; block < end; block += GRAIN) {
    long last = zk_min(block + GRAIN, end);
    v8 parameters = v8_set(0), directions = v8_set(0);
    for (long i = block; i < last; i += 8) {
      long part = zk_min(8, last - i);
      __builtin_prefetch(all->gradient + i + AHEAD);
      __builtin_prefetch(all->parameter + i + AHEAD);
      __builtin_prefetch(first + i + AHEAD, 1);
      __builtin_prefetch(second + i + AHEAD, 1);
      v8 g, p, m, v;
      if (part == 8) {
        g = v8_load(all->gradient + i), p = v8_load(all->parameter + i), m = v8_load(first + i), v = v8_load(second + i);
      } else {
        g = v8_load_part(all->gradient + i, part), p = v8_load_part(all->parameter + i, part);
        m = v8_load_part(first + i, part), v = v8_load_part(second + i, part);
      }
      move_moments(&rule, g * scale, &m, &v);
      v8 direction = lamb_direction(&rule, p, m, v);
      parameters = v8_fma(p, p, parameters);
      directions = v8_fma(direction, direction, directions);
      if (part == 8) {
        v8_store(first + i, m), v8_store(second + i, v);
      } else {
        v8_store_part(first + i, m, part), v8_store_part(second + i, v, part);
      }
    }
    for (int lane = 0; lane < 8; lane++) parameter_squares += parameters[lane], direction_squares += directions[lane];
  }
  all->squares[thread].parameter = parameter_squares;
  all->squares[thread].direction = direction_squares;
}

/// LAMB's second pass: the parameters, with a learning rate that is the whole tensor's.
static void lamb_parameters(void *context, int thread, int threads) {
  const struct update *all = context;
  const zk_rule rule = *all->rule;
  const float *first = all->state[0], *second = all->state[1];
  long begin, end;
  zk_split(all->count, GRAIN, thread, threads, &begin, &end);
  long i = begin;
  for (; i + 8 <= end; i += 8) {
    v8 p = v8_load(all->parameter + i), direction = lamb_direction(&rule, p, v8_load(first + i), v8_load(second + i));
    v8_store(all->parameter + i, v8_fma(v8_set(-rule.learning_rate), direction, p));
  }
  if (i < end) {
    long part = end - i;
    v8 p = v8_load_part(all->parameter + i, part);
    v8 direction = lamb_direction(&rule, p, v8_load_part(first + i, part), v8_load_part(second + i, part));
    v8_store_part(all->parameter + i, v8_fma(v8_set(-rule.learning_rate), direction, p), part);
  }
}

ZK_VECTOR_CODE_END

static void lamb(struct update *all, int threads) {
  struct squares squares[threads];
  all->squares = squares;
  zk_parallel(threads, lamb_moments, all);
  double parameter = 0, direction = 0;
  for (int thread = 0; thread < threads; thread++) {
    parameter += squares[thread].parameter;
    direction += squares[thread].direction;
  }
  zk_rule rule = *all->rule;
  if (parameter != 0 && direction != 0) rule.learning_rate *= (float)sqrt(parameter / direction);
  all->rule = &rule;
  zk_parallel(threads, lamb_parameters, all);
}

void zk_update(
    const zk_rule *rule, long count, float scale, const float *gradient, float *parameter, float *const *state, int threads) {
  struct update all = {rule, count, scale, gradient, parameter, state, NULL};
  if (count < ALONE) threads = 1;
  if (rule->form == LAMB) {
    lamb(&all, threads);
  } else {
    zk_parallel(threads, task, &all);
  }
}
