// Passes over the gradient of a whole tensor, between the backward pass and the optimizer.
#include "ckernels_gradient.h"

#include <string.h>

#include "ckernels_parallel.h"

/// Fewer numbers than this are not worth waking a team for; sums in float32 are at most BLOCK long.
enum { ALONE = 16 * 1024, BLOCK = 1024, LANES = 16, MEMBERS = 64 };

struct pass {
  const float *source;
  float *target;
  long count;
  float scale, limit;
  double sums[MEMBERS];
};

static int team(long count, int threads) {
  if (count < ALONE) return 1;
  return threads > MEMBERS ? MEMBERS : threads;
}

static void copy_part(void *context, int thread, int threads) {
  const struct pass *pass = context;
  long begin, end;
  zk_split(pass->count, BLOCK, thread, threads, &begin, &end);
  if (begin < end) memcpy(pass->target + begin, pass->source + begin, (size_t)(end - begin) * sizeof(float));
}

void zk_copy(const float *source, float *target, long count, int threads) {
  struct pass pass = {.source = source, .target = target, .count = count};
  zk_parallel(team(count, threads), copy_part, &pass);
}

static void squares_part(void *context, int thread, int threads) {
  struct pass *pass = context;
  double sum = 0;
  long begin, end;
  zk_split(pass->count, BLOCK, thread, threads, &begin, &end);
  for (long block = begin; block < end; block += BLOCK) {
    long last = block + BLOCK < end ? block + BLOCK : end, i = block;
    float lanes[LANES] = {0};
    for (; i + LANES <= last; i += LANES)
      for (int lane = 0; lane < LANES; lane++) lanes[lane] += pass->source[i + lane] * pass->source[i + lane];
    for (; i < last; i++) lanes[i % LANES] += pass->source[i] * pass->source[i];
    for (int lane = 0; lane < LANES; lane++) sum += lanes[lane];
  }
  pass->sums[thread] = sum;
}

double zk_sum_of_squares(const float *values, long count, int threads) {
  struct pass pass = {.source = values, .count = count};
  int members = team(count, threads);
  zk_parallel(members, squares_part, &pass);
  double sum = 0;
  for (int i = 0; i < members; i++) sum += pass.sums[i];
  return sum;
}

static void clip_part(void *context, int thread, int threads) {
  const struct pass *pass = context;
  long begin, end;
  zk_split(pass->count, BLOCK, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) {
    float value = pass->target[i] * pass->scale;
    // A number that is none stays one.
    pass->target[i] = value > pass->limit ? pass->limit : value < -pass->limit ? -pass->limit : value;
  }
}

void zk_clip(float *values, long count, float scale, float limit, int threads) {
  struct pass pass = {.target = values, .count = count, .scale = scale, .limit = limit};
  zk_parallel(team(count, threads), clip_part, &pass);
}

static void average_part(void *context, int thread, int threads) {
  const struct pass *pass = context;
  long begin, end;
  zk_split(pass->count, BLOCK, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) pass->target[i] += pass->scale * (pass->source[i] - pass->target[i]);
}

void zk_average(const float *values, float *average, long count, float weight, int threads) {
  struct pass pass = {.source = values, .target = average, .count = count, .scale = weight};
  zk_parallel(team(count, threads), average_part, &pass);
}
