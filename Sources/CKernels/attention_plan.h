// What the attention kernels for each instruction set share: which tokens are a group, and where scratch lies.
#ifndef ZK_ATTENTION_PLAN_H
#define ZK_ATTENTION_PLAN_H

#include "ckernels_attention.h"
#include "ckernels_parallel.h"

#include <string.h>

/// Rows of queries that are worked on at once, and what rows are padded to; the largest logit_scale, ln 100.
enum { ZK_QUERIES = 60, ZK_PADDING = 16 };
#define ZK_LARGEST_LOGIT_SCALE 4.6051702f

static inline long zk_padded(long count) { return (count + ZK_PADDING - 1) / ZK_PADDING * ZK_PADDING; }

/// The sizes that follow from those of an attention.
typedef struct zk_attention_plan {
  const zk_attention *attention;
  /// Rows and columns of groups, groups of an image, tokens of a group and of an image.
  long group_rows, group_columns, groups, tokens, image_tokens;
  /// `tokens` and `features`, padded.
  long row, width;
  /// Queries worked on at once.
  long queries;
} zk_attention_plan;

static inline zk_attention_plan zk_plan_attention(const zk_attention *attention) {
  zk_attention_plan plan = {.attention = attention};
  plan.group_rows = attention->height / attention->group_height;
  plan.group_columns = attention->width / attention->group_width;
  plan.groups = plan.group_rows * plan.group_columns;
  plan.tokens = attention->group_height * attention->group_width;
  plan.image_tokens = attention->height * attention->width;
  plan.row = zk_padded(plan.tokens);
  plan.width = zk_padded(attention->features);
  plan.queries = plan.tokens < ZK_QUERIES ? plan.tokens : ZK_QUERIES;
  return plan;
}

/// The scratch of a thread, in floats: matrices of tokens × features, features × tokens and queries × tokens, and vectors of
/// tokens.
static inline long zk_attention_thread_floats(const zk_attention_plan *plan) {
  return 6 * plan->tokens * plan->width + 2 * plan->width * plan->row + 2 * plan->queries * plan->row
      + plan->queries * plan->width + 6 * plan->row;
}

/// One of three parts of an image along an axis of a rolled map: tokens of the same part are neighbours in the map.
static inline int zk_attention_part(long at, long extent, long window, long shift) {
  return shift == 0 || at < extent - window ? 0 : at < extent - shift ? 1 : 2;
}

/// Fills in where the tokens of a group are in their image, and in which part of it.
/// - parts: padded with −1.
/// - returns: whether they are in more than one.
static inline bool zk_attention_group(const zk_attention_plan *plan, long group, long *places, int32_t *parts) {
  const zk_attention *a = plan->attention;
  long top = group / plan->group_columns, left = group % plan->group_columns;
  bool is_mixed = false;
  for (long t = 0; t < plan->tokens; t++) {
    long y = t / a->group_width, x = t % a->group_width;
    if (a->is_grid) {
      places[t] = (y * plan->group_rows + top) * a->width + x * plan->group_columns + left;
      parts[t] = 0;
      continue;
    }
    y += top * a->group_height;
    x += left * a->group_width;
    places[t] = (y + a->shift_height) % a->height * a->width + (x + a->shift_width) % a->width;
    parts[t] = 3 * zk_attention_part(y, a->height, a->group_height, a->shift_height)
        + zk_attention_part(x, a->width, a->group_width, a->shift_width);
    is_mixed |= parts[t] != parts[0];
  }
  for (long t = plan->tokens; t < plan->row; t++) parts[t] = -1;
  return is_mixed;
}

/// What a pass reads and writes.
typedef struct zk_attention_job {
  zk_attention_plan plan;
  const zk_attention_terms *terms;
  const float *qkv, *doutput;
  float *output, *kept, *dqkv;
  /// For each thread its own sums.
  float *dbias, *dlogit_scale;
  float *scratch;
} zk_attention_job;

void zk_attention_forward_generic(void *job, int thread, int threads);
void zk_attention_backward_generic(void *job, int thread, int threads);
#if defined(__x86_64__)
void zk_attention_forward_avx2(void *job, int thread, int threads);
void zk_attention_backward_avx2(void *job, int thread, int threads);
void zk_attention_forward_avx512(void *job, int thread, int threads);
void zk_attention_backward_avx512(void *job, int thread, int threads);
#endif

#endif
