// Optimizer updates over flat arrays: one pass, limited by memory, so each array is fetched ahead and touched once.
#include "ckernels_update.h"

#include <math.h>

#include "ckernels_parallel.h"
#include "update_rules.h"

zk_adam zk_adam_at(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, bool decoupled) {
  return (zk_adam){
      .beta1 = (float)beta1,
      .beta2 = (float)beta2,
      .epsilon = (float)epsilon,
      .one_minus_beta1 = (float)(1 - beta1),
      .one_minus_beta2 = (float)(1 - beta2),
      .shrink = decoupled ? (float)(1 - learning_rate * weight_decay) : 1,
      .weight_decay = decoupled ? 0 : (float)weight_decay,
      .step_size = (float)(learning_rate / (1 - pow(beta1, (double)step))),
      .inverse_root = (float)(1 / sqrt(1 - pow(beta2, (double)step))),
  };
}

/// Fewer parameters than this are not worth waking a team for.
enum { ALONE = 16 * 1024, GRAIN = 1024, AHEAD = 128 };

ZK_VECTOR_CODE_BEGIN

struct update {
  const zk_sgd *sgd;
  const zk_adam *adam;
  long count;
  float scale;
  const float *gradient;
  float *parameter, *first, *second;
};

ZK_INLINE void sgd_pass(const struct update *all, enum sgd_form form, long begin, long end) {
  v8 scale = v8_set(all->scale), buffer = v8_set(0);
  const zk_sgd rule = *all->sgd;
  bool reads = form == SGD_MOMENTUM || form == SGD_NESTEROV, writes = form != SGD_PLAIN;
  long i = begin;
  for (; i + 16 <= end; i += 16) {
    __builtin_prefetch(all->gradient + i + AHEAD);
    __builtin_prefetch(all->parameter + i + AHEAD, 1);
    if (writes) __builtin_prefetch(all->first + i + AHEAD, 1);
    ZK_UNROLL for (int half = 0; half < 16; half += 8) {
      float *p = all->parameter + i + half, *b = writes ? all->first + i + half : NULL;
      if (reads) buffer = v8_load(b);
      v8_store(p, sgd_step(&rule, form, v8_load(all->gradient + i + half) * scale, v8_load(p), &buffer));
      if (writes) v8_store(b, buffer);
    }
  }
  for (; i < end; i += 8) {
    long part = zk_min(8, end - i);
    float *p = all->parameter + i, *b = writes ? all->first + i : NULL;
    if (reads) buffer = v8_load_part(b, part);
    v8_store_part(
        p, sgd_step(&rule, form, v8_load_part(all->gradient + i, part) * scale, v8_load_part(p, part), &buffer), part);
    if (writes) v8_store_part(b, buffer, part);
  }
}

static void sgd_task(void *context, int thread, int threads) {
  const struct update *all = context;
  long begin, end;
  zk_split(all->count, GRAIN, thread, threads, &begin, &end);
  switch (sgd_form_of(all->sgd)) {
  case SGD_PLAIN: sgd_pass(all, SGD_PLAIN, begin, end); break;
  case SGD_FIRST: sgd_pass(all, SGD_FIRST, begin, end); break;
  case SGD_MOMENTUM: sgd_pass(all, SGD_MOMENTUM, begin, end); break;
  case SGD_FIRST_NESTEROV: sgd_pass(all, SGD_FIRST_NESTEROV, begin, end); break;
  case SGD_NESTEROV: sgd_pass(all, SGD_NESTEROV, begin, end); break;
  }
}

static void adam_task(void *context, int thread, int threads) {
  const struct update *all = context;
  const zk_adam rule = *all->adam;
  v8 scale = v8_set(all->scale);
  long begin, end;
  zk_split(all->count, GRAIN, thread, threads, &begin, &end);
  long i = begin;
  for (; i + 16 <= end; i += 16) {
    __builtin_prefetch(all->gradient + i + AHEAD);
    __builtin_prefetch(all->parameter + i + AHEAD, 1);
    __builtin_prefetch(all->first + i + AHEAD, 1);
    __builtin_prefetch(all->second + i + AHEAD, 1);
    ZK_UNROLL for (int half = 0; half < 16; half += 8) {
      float *p = all->parameter + i + half, *m = all->first + i + half, *v = all->second + i + half;
      v8 first = v8_load(m), second = v8_load(v);
      v8_store(p, adam_step(&rule, v8_load(all->gradient + i + half) * scale, v8_load(p), &first, &second));
      v8_store(m, first);
      v8_store(v, second);
    }
  }
  for (; i < end; i += 8) {
    long part = zk_min(8, end - i);
    float *p = all->parameter + i, *m = all->first + i, *v = all->second + i;
    v8 first = v8_load_part(m, part), second = v8_load_part(v, part);
    v8 g = v8_load_part(all->gradient + i, part) * scale;
    v8_store_part(p, adam_step(&rule, g, v8_load_part(p, part), &first, &second), part);
    v8_store_part(m, first, part);
    v8_store_part(v, second, part);
  }
}

ZK_VECTOR_CODE_END

void zk_update_sgd(
    const zk_sgd *rule, long count, float scale, const float *gradient, float *parameter, float *momentum, int threads) {
  struct update all = {rule, NULL, count, scale, gradient, parameter, momentum, NULL};
  zk_parallel(count < ALONE ? 1 : threads, sgd_task, &all);
}

void zk_update_adam(
    const zk_adam *rule, long count, float scale, const float *gradient, float *parameter, float *first_moment,
    float *second_moment, int threads) {
  struct update all = {NULL, rule, count, scale, gradient, parameter, first_moment, second_moment};
  zk_parallel(count < ALONE ? 1 : threads, adam_task, &all);
}
