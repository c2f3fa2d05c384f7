#include "ckernels_layer_norm.h"
#include "targets.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#define ZK_SUFFIX _baseline
#include "layer_norm_loops.h"
#undef ZK_SUFFIX
ZK_AVX2_CODE_BEGIN
#define ZK_SUFFIX _avx2
#include "layer_norm_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
ZK_AVX512_CODE_BEGIN
#define ZK_SUFFIX _avx512
#include "layer_norm_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END

struct norm {
  const float *source, *weight, *bias, *gradient;
  float *result, *statistics, *scratch;
  long rows, features;
  float epsilon;
};

static int team(long count, int threads) { return count < 8192 ? 1 : threads; }

static void forward_part(void *context, int thread, int threads) {
  const struct norm *job = context;
  long begin, end, width = job->features;
  zk_split(job->rows, 1, thread, threads, &begin, &end);
  for (long row = begin; row < end; row++)
    ZK_CALL(
        forward, job->source + row * width, job->weight, job->bias, job->result + row * width,
        job->statistics + 2 * row, width, job->epsilon);
}

void zk_layer_norm(
    const float *source, const float *weight, const float *bias, float *result, float *statistics, long rows,
    long features, float epsilon, int threads) {
  struct norm job = {source, weight, bias, NULL, result, statistics, NULL, rows, features, epsilon};
  zk_parallel(team(rows * features, threads), forward_part, &job);
}

long zk_layer_norm_scratch(long features, int threads) { return 2 * features * threads; }

static void backward_part(void *context, int thread, int threads) {
  const struct norm *job = context;
  long begin, end, width = job->features;
  zk_split(job->rows, 1, thread, threads, &begin, &end);
  float *weight_gradient = job->scratch + 2 * thread * width, *bias_gradient = weight_gradient + width;
  memset(weight_gradient, 0, sizeof(float) * (size_t)(2 * width));
  for (long row = begin; row < end; row++)
    ZK_CALL(
        backward, job->source + row * width, job->weight, job->statistics + 2 * row, job->gradient + row * width,
        job->result ? job->result + row * width : NULL, weight_gradient, bias_gradient, width);
}

void zk_layer_norm_backward(
    const float *source, const float *weight, const float *statistics, const float *gradient, float *source_gradient,
    float *weight_gradient, float *bias_gradient, float *scratch, long rows, long features, int threads) {
  struct norm job = {
      .source = source, .weight = weight, .gradient = gradient, .result = source_gradient,
      .statistics = (float *)statistics, .scratch = scratch, .rows = rows, .features = features};
  int count = team(rows * features, threads);
  zk_parallel(count, backward_part, &job);
  memcpy(weight_gradient, scratch, sizeof(float) * (size_t)features);
  memcpy(bias_gradient, scratch + features, sizeof(float) * (size_t)features);
  for (int thread = 1; thread < count; thread++)
    for (long i = 0; i < features; i++) {
      weight_gradient[i] += scratch[2 * thread * features + i];
      bias_gradient[i] += scratch[(2 * thread + 1) * features + i];
    }
}
