#include "ckernels_window.h"
#include "ckernels_parallel.h"

#include <math.h>
#include <string.h>

struct average {
  const float *source;
  float *result;
  long planes;
  const zk_axis *rows, *columns;
};

static void average_part(void *context, int thread, int threads) {
  const struct average *job = context;
  const zk_axis *rows = job->rows, *columns = job->columns;
  long begin, end;
  zk_split(job->planes, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) {
    const float *source = job->source + plane * rows->input * columns->input;
    float *result = job->result + plane * rows->output * columns->output;
    for (long i = 0; i < rows->output; i++)
      for (long j = 0; j < columns->output; j++) {
        float sum = 0;
        for (long y = rows->begin[i]; y < rows->end[i]; y++)
          for (long x = columns->begin[j]; x < columns->end[j]; x++) sum += source[y * columns->input + x];
        result[i * columns->output + j] = sum / (float)(rows->span[i] * columns->span[j]);
      }
  }
}

void zk_window_average(
    const float *source, float *result, long planes, const zk_axis *rows, const zk_axis *columns, int threads) {
  struct average job = {source, result, planes, rows, columns};
  zk_parallel(threads, average_part, &job);
}

static void average_backward_part(void *context, int thread, int threads) {
  const struct average *job = context;
  const zk_axis *rows = job->rows, *columns = job->columns;
  long begin, end;
  zk_split(job->planes, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) {
    const float *gradient = job->source + plane * rows->output * columns->output;
    float *result = job->result + plane * rows->input * columns->input;
    memset(result, 0, sizeof(float) * (size_t)(rows->input * columns->input));
    for (long i = 0; i < rows->output; i++)
      for (long j = 0; j < columns->output; j++) {
        float share = gradient[i * columns->output + j] / (float)(rows->span[i] * columns->span[j]);
        for (long y = rows->begin[i]; y < rows->end[i]; y++)
          for (long x = columns->begin[j]; x < columns->end[j]; x++) result[y * columns->input + x] += share;
      }
  }
}

void zk_window_average_backward(
    const float *gradient, float *result, long planes, const zk_axis *rows, const zk_axis *columns, int threads) {
  struct average job = {gradient, result, planes, rows, columns};
  zk_parallel(threads, average_backward_part, &job);
}

struct lrn {
  const float *source, *gradient;
  float *result, *scale;
  const float *kept;
  long batch, channels, area, size;
  double alpha, beta, k;
};

static void lrn_part(void *context, int thread, int threads) {
  const struct lrn *job = context;
  long begin, end, before = job->size / 2, after = (job->size - 1) / 2;
  zk_split(job->batch * job->channels, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) {
    long image = plane / job->channels, channel = plane % job->channels;
    long low = channel < before ? 0 : channel - before;
    long high = channel + after >= job->channels ? job->channels - 1 : channel + after;
    const float *source = job->source + image * job->channels * job->area;
    for (long i = 0; i < job->area; i++) {
      double sum = 0;
      for (long c = low; c <= high; c++) sum += (double)source[c * job->area + i] * source[c * job->area + i];
      double scale = job->k + job->alpha / (double)job->size * sum;
      job->scale[plane * job->area + i] = (float)scale;
      job->result[plane * job->area + i] = (float)(source[channel * job->area + i] * pow(scale, -job->beta));
    }
  }
}

void zk_lrn(
    const float *source, float *result, float *scale, long batch, long channels, long area, long size, double alpha,
    double beta, double k, int threads) {
  struct lrn job = {
      .source = source, .result = result, .scale = scale, .batch = batch, .channels = channels, .area = area,
      .size = size, .alpha = alpha, .beta = beta, .k = k};
  zk_parallel(threads, lrn_part, &job);
}

static void lrn_backward_part(void *context, int thread, int threads) {
  const struct lrn *job = context;
  // Channel c enters the windows of channels c − after … c + before: the forward window, mirrored.
  long begin, end, before = job->size / 2, after = (job->size - 1) / 2;
  zk_split(job->batch * job->channels, 1, thread, threads, &begin, &end);
  for (long plane = begin; plane < end; plane++) {
    long image = plane / job->channels, channel = plane % job->channels, base = image * job->channels * job->area;
    long low = channel < after ? 0 : channel - after;
    long high = channel + before >= job->channels ? job->channels - 1 : channel + before;
    const float *source = job->source + base, *scale = job->kept + base, *gradient = job->gradient + base;
    for (long i = 0; i < job->area; i++) {
      double sum = 0;
      for (long c = low; c <= high; c++) {
        long at = c * job->area + i;
        sum += (double)gradient[at] * source[at] * pow(scale[at], -job->beta - 1);
      }
      long at = channel * job->area + i;
      double direct = gradient[at] * pow(scale[at], -job->beta);
      job->result[base + at] = (float)(direct - 2 * job->alpha * job->beta / (double)job->size * source[at] * sum);
    }
  }
}

void zk_lrn_backward(
    const float *source, const float *scale, const float *gradient, float *result, long batch, long channels, long area,
    long size, double alpha, double beta, int threads) {
  struct lrn job = {
      .source = source, .kept = scale, .gradient = gradient, .result = result, .batch = batch, .channels = channels,
      .area = area, .size = size, .alpha = alpha, .beta = beta};
  zk_parallel(threads, lrn_backward_part, &job);
}
