#include "ckernels_depthwise.h"
#include "targets.h"

#include <stddef.h>
#include <string.h>

/// The taps of the largest kernel.
#define ZK_MOST_TAPS 256
#define ZK_LANES 16
#define ZK_SUFFIX 16_baseline
#include "depthwise_loops.h"
#undef ZK_SUFFIX
ZK_AVX2_CODE_BEGIN
#define ZK_SUFFIX 16_avx2
#include "depthwise_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
ZK_AVX512_CODE_BEGIN
#define ZK_SUFFIX 16_avx512
#include "depthwise_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
#undef ZK_LANES
#define ZK_LANES 8
#define ZK_SUFFIX 8_baseline
#include "depthwise_loops.h"
#undef ZK_SUFFIX
ZK_AVX2_CODE_BEGIN
#define ZK_SUFFIX 8_avx2
#include "depthwise_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
ZK_AVX512_CODE_BEGIN
#define ZK_SUFFIX 8_avx512
#include "depthwise_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END

struct job {
  const zk_depthwise *convolution;
  const float *source, *gradient;
  float *weights, *bias, *scratch;
  /// Into how many parts the images are divided.
  long parts;
};

static long tap_count(const zk_depthwise *c) { return c->kernel_height * c->kernel_width * c->lanes; }

/// With fewer blocks than threads, images are divided too and the parts' sums are added at the end.
static long part_count(const zk_depthwise *c, int threads) {
  long parts = threads / c->blocks;
  return parts < 1 ? 1 : parts > c->images ? c->images : parts;
}

static void part(void *context, int thread, int threads) {
  const struct job *job = context;
  const zk_depthwise *c = job->convolution;
  long begin, end, taps = tap_count(c), stride = taps + c->lanes;
  zk_split(c->blocks * job->parts, 1, thread, threads, &begin, &end);
  for (long item = begin; item < end; item++) {
    long block = item / job->parts, of = item % job->parts;
    long first = c->images * of / job->parts, last = c->images * (of + 1) / job->parts;
    float *weights = job->parts == 1 ? job->weights + block * taps : job->scratch + item * stride;
    float *bias = job->parts == 1 ? (job->bias ? job->bias + block * c->lanes : NULL) : weights + taps;
    if (c->lanes == 16)
      ZK_CALL(block16, c, job->source, job->gradient, block, first, last, weights, bias);
    else
      ZK_CALL(block8, c, job->source, job->gradient, block, first, last, weights, bias);
  }
}

long zk_depthwise_scratch(const zk_depthwise *c, int threads) {
  long parts = part_count(c, threads);
  return parts == 1 ? 0 : c->blocks * parts * (tap_count(c) + c->lanes);
}

void zk_depthwise_weights(
    const zk_depthwise *c, const float *source, const float *gradient, float *weights, float *bias, float *scratch,
    int threads) {
  struct job job = {c, source, gradient, weights, bias, scratch, part_count(c, threads)};
  zk_parallel(threads, part, &job);
  if (job.parts == 1) return;
  long taps = tap_count(c), stride = taps + c->lanes;
  for (long block = 0; block < c->blocks; block++)
    for (long of = 0; of < job.parts; of++) {
      const float *sums = scratch + (block * job.parts + of) * stride;
      for (long i = 0; i < taps; i++) weights[block * taps + i] = (of ? weights[block * taps + i] : 0) + sums[i];
      if (!bias) continue;
      for (long i = 0; i < c->lanes; i++)
        bias[block * c->lanes + i] = (of ? bias[block * c->lanes + i] : 0) + sums[taps + i];
    }
}
