#include "ckernels_channels.h"
#include "targets.h"

#include <string.h>

#define ZK_SUFFIX _baseline
#include "channels_loops.h"
#undef ZK_SUFFIX
ZK_AVX2_CODE_BEGIN
#define ZK_SUFFIX _avx2
#include "channels_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
ZK_AVX512_CODE_BEGIN
#define ZK_SUFFIX _avx512
#include "channels_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END

enum { grain = 4096 };

static int team(long count, int threads) { return count < 2 * grain ? 1 : threads; }

struct scaling {
  const float *source, *factor, *gradient;
  float *result, *sums;
  zk_blocked extents;
  int shared;
};

static void scale_part(void *context, int thread, int threads) {
  const struct scaling *job = context;
  zk_blocked e = job->extents;
  long begin, end, step = e.area * e.block;
  if (e.outer == 1) {
    // Few images of one block: the area is what can be divided.
    zk_split(e.images * e.area, 1, thread, threads, &begin, &end);
    for (long image = begin / e.area; image * e.area < end; image++) {
      long first = begin > image * e.area ? begin : image * e.area, last = (image + 1) * e.area;
      if (last > end) last = end;
      const float *factor = job->factor + (job->shared ? 0 : image * e.block);
      ZK_CALL(scale, job->source + first * e.block, factor, job->result + first * e.block, last - first, e.block);
    }
    return;
  }
  zk_split(e.images * e.outer, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) {
    const float *factor = job->factor + (job->shared ? plane % e.outer : plane) * e.block;
    ZK_CALL(scale, job->source + plane * step, factor, job->result + plane * step, e.area, e.block);
  }
}

static long element_count(zk_blocked e) { return e.images * e.outer * e.area * e.block; }

void zk_channel_scale(
    const float *source, const float *factor, float *result, zk_blocked extents, int shared, int threads) {
  struct scaling job = {source, factor, NULL, result, NULL, extents, shared};
  zk_parallel(team(element_count(extents), threads), scale_part, &job);
}

static void factor_part(void *context, int thread, int threads) {
  const struct scaling *job = context;
  zk_blocked e = job->extents;
  long begin, end, step = e.area * e.block;
  if (!job->shared) {
    zk_split(e.images * e.outer, 1, thread, threads, &begin, &end);
    for (long plane = begin; plane < end; plane++) {
      float *sums = job->sums + plane * e.block;
      memset(sums, 0, sizeof(float) * (size_t)e.block);
      ZK_CALL(products, job->source + plane * step, job->gradient + plane * step, sums, e.area, e.block);
    }
    return;
  }
  if (e.outer == 1) {
    // One block: each thread sums its part of the channels. Rows of a block lie side by side, so parts are whole lines.
    zk_split(e.block, 16, thread, threads, &begin, &end);
    if (begin == end) return;
    memset(job->sums + begin, 0, sizeof(float) * (size_t)(end - begin));
    for (long p = 0; p < e.images * e.area; p++)
      for (long i = begin; i < end; i++) job->sums[i] += job->source[p * e.block + i] * job->gradient[p * e.block + i];
    return;
  }
  zk_split(e.outer, 1, thread, threads, &begin, &end);
  for (long outer = begin; outer < end; outer++) {
    float *sums = job->sums + outer * e.block;
    memset(sums, 0, sizeof(float) * (size_t)e.block);
    for (long image = 0; image < e.images; image++) {
      long plane = image * e.outer + outer;
      ZK_CALL(products, job->source + plane * step, job->gradient + plane * step, sums, e.area, e.block);
    }
  }
}

void zk_channel_scale_backward(
    const float *source, const float *factor, const float *gradient, float *source_gradient, float *factor_gradient,
    zk_blocked extents, int shared, int threads) {
  // Before the gradient is overwritten.
  if (factor_gradient) {
    struct scaling job = {source, factor, gradient, NULL, factor_gradient, extents, shared};
    zk_parallel(team(element_count(extents), threads), factor_part, &job);
  }
  if (source_gradient) zk_channel_scale(gradient, factor, source_gradient, extents, shared, threads);
}

struct affine {
  const float *source, *scale, *shift;
  float *result;
  long images, channels, area;
};

static void affine_part(void *context, int thread, int threads) {
  const struct affine *job = context;
  long begin, end;
  zk_split(job->images * job->channels, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) {
    long channel = plane % job->channels, at = plane * job->area;
    ZK_CALL(affine, job->source + at, job->result + at, job->scale[channel], job->shift[channel], job->area);
  }
}

void zk_channel_affine(
    const float *source, float *result, const float *scale, const float *shift, long images, long channels, long area,
    int threads) {
  struct affine job = {source, scale, shift, result, images, channels, area};
  zk_parallel(team(images * channels * area, threads), affine_part, &job);
}

struct gathering {
  const float *const *sources;
  const zk_blocked *from;
  float *result;
  zk_blocked to;
  const zk_channel *map;
};

/// Where a channel starts in an image.
static long channel_start(zk_blocked e, long channel) {
  return channel / e.block * e.area * e.block + channel % e.block;
}

/// One block of channels of one image.
static void gather_block(const struct gathering *job, long image, long outer) {
  zk_blocked to = job->to;
  const zk_channel *map = job->map + outer * to.block;
  float *result = job->result + (image * to.outer + outer) * to.area * to.block;
  for (long lane = 0; lane < to.block;) {
    zk_channel channel = map[lane];
    if (channel.source < 0) {
      for (long p = 0; p < to.area; p++) result[p * to.block + lane] = 0;
      lane++;
      continue;
    }
    zk_blocked from = job->from[channel.source];
    const float *start = job->sources[channel.source] + image * from.outer * from.area * from.block +
                         channel_start(from, channel.channel);
    // Neighbours that stay neighbours go together.
    long run = 1;
    while (lane + run < to.block && map[lane + run].source == channel.source &&
           map[lane + run].channel == channel.channel + run && (channel.channel + run) % from.block != 0)
      run++;
    if (run == from.block && run == to.block) {
      memcpy(result, start, sizeof(float) * (size_t)(to.area * to.block));
    } else if (run == 1) {
      for (long p = 0; p < to.area; p++) result[p * to.block + lane] = start[p * from.block];
    } else {
      for (long p = 0; p < to.area; p++)
        memcpy(result + p * to.block + lane, start + p * from.block, sizeof(float) * (size_t)run);
    }
    lane += run;
  }
}

static void gather_part(void *context, int thread, int threads) {
  const struct gathering *job = context;
  long begin, end;
  zk_split(job->to.images * job->to.outer, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) gather_block(job, plane / job->to.outer, plane % job->to.outer);
}

void zk_channel_gather(
    const float *const *sources, const zk_blocked *source_extents, float *result, zk_blocked result_extents,
    const zk_channel *map, int threads) {
  struct gathering job = {sources, source_extents, result, result_extents, map};
  zk_parallel(team(element_count(result_extents), threads), gather_part, &job);
}

struct image_scaling {
  const float *source, *factor;
  float *result;
  long images, count;
};

static void image_part(void *context, int thread, int threads) {
  const struct image_scaling *job = context;
  for (long image = 0; image < job->images; image++) {
    long begin, end;
    zk_split(job->count, 16, thread, threads, &begin, &end);
    const float *source = job->source + image * job->count;
    float *result = job->result + image * job->count;
    if (job->factor[image] == 0) {
      // Zero also where the source is not finite, as the image does not count.
      memset(result + begin, 0, sizeof(float) * (size_t)(end - begin));
    } else {
      ZK_CALL(constant, source, result, job->factor[image], begin, end);
    }
  }
}

void zk_image_scale(const float *source, const float *factor, float *result, long images, long count, int threads) {
  struct image_scaling job = {source, factor, result, images, count};
  zk_parallel(team(images * count, threads), image_part, &job);
}

struct product {
  const float *left, *right;
  float *result;
  long count;
};

static void multiply_part(void *context, int thread, int threads) {
  const struct product *job = context;
  long begin, end;
  zk_split(job->count, grain, thread, threads, &begin, &end);
  ZK_CALL(multiply, job->left, job->right, job->result, begin, end);
}

void zk_product(const float *left, const float *right, float *result, long count, int threads) {
  struct product job = {left, right, result, count};
  zk_parallel(team(count, threads), multiply_part, &job);
}
