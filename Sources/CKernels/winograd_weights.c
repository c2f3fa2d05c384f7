// Weights: transformed for forward and backward data, and collected from the products of backward weights.
#include "winograd_plan.h"
#include "winograd_transforms.h"

/// What transforming weights needs to know: `lane` is the distance between a vector's output channels, `input` that between input
/// channels, both in taps of the plain weights.
struct zk_weights_task {
  const zk_winograd *plan;
  const struct zk_direction *direction;
  const float *weights;
  float *transformed;
  long lane, input;
  int flip;
};

/// Eight output channels' taps of one input channel, as `taps` vectors; missing channels are zero.
ZK_INLINE void zk_load_taps(const float *from, long lane, long lanes, int taps, zk_v8 *to) {
  for (int first = 0; first < taps; first += 8) {
    int at = first + 8 <= taps ? first : taps - 8;
    zk_v8 rows[8];
    for (int k = 0; k < 8; k++) rows[k] = k < lanes ? zk_load_unaligned(from + k * lane + at) : zk_zero();
    zk_transpose(rows);
    for (int k = 0; k < 8; k++) to[at + k] = rows[k];
  }
}

/// g [r][r] to half [y_points][r].
ZK_INLINE void zk_expand_columns(int r, int n, const zk_v8 *g, zk_v8 (*half)[5]) {
  for (int j = 0; j < r; j++) {
    zk_v8 column[5], v[ZK_MAX_POINTS];
    for (int i = 0; i < r; i++) column[i] = g[i * r + j];
    zk_evaluate(n, r, column, v);
    for (int i = 0; i < n; i++) half[i][j] = v[i];
  }
}

/// half [y_points][r] to u [y_points][x_points] at a stride.
ZK_INLINE void zk_expand_rows(int r, int n, int y_points, zk_v8 (*half)[5], float *u, long stride) {
  for (int i = 0; i < y_points; i++) {
    zk_v8 v[ZK_MAX_POINTS];
    zk_evaluate(n, r, half[i], v);
    for (int j = 0; j < n; j++) zk_store(u + (i * n + j) * stride, v[j]);
  }
}

#define ZK_FOR_POINTS(n, call)                                                                                         \
  switch (n) {                                                                                                         \
  case 5: { enum { N = 5 }; call; break; }                                                                             \
  case 6: { enum { N = 6 }; call; break; }                                                                             \
  case 7: { enum { N = 7 }; call; break; }                                                                             \
  default: { enum { N = 8 }; call; break; }                                                                            \
  }

ZK_INLINE void zk_transform_panels(const struct zk_weights_task *task, int r, long begin, long end) {
  const struct zk_direction *direction = task->direction;
  const int taps = r * r;
  const long stride = zk_weights_stride(direction), inputs = direction->input_blocks * 8;
  for (long panel = begin; panel < end; panel++) {
    for (long in = 0; in < inputs; in++) {
      for (int half = 0; half < 2; half++) {
        long first = panel * 16 + half * 8, lanes = in < direction->inputs ? direction->outputs - first : 0;
        zk_v8 g[25], flipped[25];
        zk_load_taps(task->weights + first * task->lane + in * task->input, task->lane, lanes < 0 ? 0 : lanes, taps, g);
        if (task->flip) {
          for (int k = 0; k < taps; k++) flipped[k] = g[taps - 1 - k];
        }
        zk_v8 expanded[ZK_MAX_POINTS][5];
        float *u = task->transformed + (panel * inputs + in) * 16 + half * 8;
        ZK_FOR_POINTS(direction->y.points, zk_expand_columns(r, N, task->flip ? flipped : g, expanded))
        ZK_FOR_POINTS(direction->x.points, zk_expand_rows(r, N, direction->y.points, expanded, u, stride))
      }
    }
  }
}

ZK_HOT static void zk_transform_3(const struct zk_weights_task *task, long begin, long end) {
  zk_transform_panels(task, 3, begin, end);
}

ZK_HOT static void zk_transform_5(const struct zk_weights_task *task, long begin, long end) {
  zk_transform_panels(task, 5, begin, end);
}

static void zk_transform_member(void *context, int thread, int threads) {
  const struct zk_weights_task *task = context;
  long begin, end;
  zk_split((task->direction->outputs + 15) / 16, 1, thread, threads, &begin, &end);
  if (task->plan->shape.kernel == 3) {
    zk_transform_3(task, begin, end);
  } else {
    zk_transform_5(task, begin, end);
  }
}

void zk_winograd_transform_weights(
    const zk_winograd *plan, zk_winograd_pass pass, const float *weights, float *transformed) {
  const long taps = plan->shape.kernel * plan->shape.kernel, row = plan->shape.input_channels * taps;
  const int back = pass == ZK_WINOGRAD_BACKWARD_DATA;
  struct zk_weights_task task = {
      plan, back ? &plan->backward : &plan->forward, weights, transformed, back ? taps : row, back ? row : taps, back};
  zk_parallel(plan->threads, zk_transform_member, &task);
}

/// u [y_points][x_points] at a stride to g [r][r].
ZK_INLINE void zk_reduce(int r, int n, int x_points, const float *u, long stride, zk_v8 (*half)[5]) {
  for (int j = 0; j < x_points; j++) {
    zk_v8 v[ZK_MAX_POINTS], c[5];
    for (int i = 0; i < n; i++) v[i] = zk_load(u + (i * x_points + j) * stride);
    zk_collect(n, r, v, c);
    for (int i = 0; i < r; i++) half[j][i] = c[i];
  }
}

ZK_INLINE void zk_reduce_rows(int r, int n, zk_v8 (*half)[5], zk_v8 *g) {
  for (int i = 0; i < r; i++) {
    zk_v8 v[ZK_MAX_POINTS], c[5];
    for (int j = 0; j < n; j++) v[j] = half[j][i];
    zk_collect(n, r, v, c);
    for (int j = 0; j < r; j++) g[i * r + j] = c[j];
  }
}

ZK_INLINE void zk_collect_taps(
    const struct zk_winograd *plan, int r, const float *products, float *diff_weights, long begin, long end) {
  const struct zk_direction *direction = &plan->forward;
  const int taps = r * r;
  const long stride = zk_products_stride(direction), inputs = direction->input_blocks * 8;
  for (long unit = begin; unit < end; unit++) {
    long out = unit / direction->inputs * 8, in = unit % direction->inputs;
    zk_v8 half[ZK_MAX_POINTS][5], g[25];
    const float *u = products + (out / 8 * inputs + in) * 8;
    ZK_FOR_POINTS(direction->y.points, zk_reduce(r, N, direction->x.points, u, stride, half))
    ZK_FOR_POINTS(direction->x.points, zk_reduce_rows(r, N, half, g))
    long lanes = direction->outputs - out < 8 ? direction->outputs - out : 8;
    for (int first = 0; first < taps; first += 8) {
      int at = first + 8 <= taps ? first : taps - 8;
      zk_v8 rows[8];
      for (int k = 0; k < 8; k++) rows[k] = g[at + k];
      zk_transpose(rows);
      for (long k = 0; k < lanes; k++) {
        zk_store_unaligned(diff_weights + ((out + k) * direction->inputs + in) * taps + at, rows[k]);
      }
    }
  }
}

ZK_HOT static void zk_collect_taps_3(
    const struct zk_winograd *plan, const float *products, float *diff_weights, long begin, long end) {
  zk_collect_taps(plan, 3, products, diff_weights, begin, end);
}

ZK_HOT static void zk_collect_taps_5(
    const struct zk_winograd *plan, const float *products, float *diff_weights, long begin, long end) {
  zk_collect_taps(plan, 5, products, diff_weights, begin, end);
}

void zk_collect_weights(
    const struct zk_winograd *plan, const float *products, float *diff_weights, long begin, long end) {
  if (plan->shape.kernel == 3) {
    zk_collect_taps_3(plan, products, diff_weights, begin, end);
  } else {
    zk_collect_taps_5(plan, products, diff_weights, begin, end);
  }
}
