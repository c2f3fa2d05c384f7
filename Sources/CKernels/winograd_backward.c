// Backward weights: transform both activations of a chunk of tiles, sum the products of their points over tiles, and collect.
#include <string.h>

#include "winograd_plan.h"

struct zk_backward {
  const zk_winograd *plan;
  const float *src, *diff_dst;
  float *diff_weights, *diff_bias;
  struct zk_block block;
  long row_begin, row_end;
  struct zk_planes input, gradient;
  float *products, *bias;
};

/// Where a chunk's matrices lie in scratch, in bytes: tiles, transformed input, transformed gradient, products, sums of the bias.
struct zk_places {
  size_t input, gradient, products, bias, end;
  long input_stride, gradient_stride;
};

static struct zk_places zk_place(const zk_winograd *plan) {
  const struct zk_direction *direction = &plan->forward;
  const long tiles = plan->chunk_rows * direction->x.tiles;
  const size_t points = sizeof(float) * (size_t)direction->points;
  struct zk_places at = {
      .input_stride = zk_planes_stride(direction->input_blocks, tiles),
      .gradient_stride = zk_planes_stride(direction->output_blocks, tiles)};
  at.input = zk_tiles_bytes(tiles);
  at.gradient = at.input + points * (size_t)at.input_stride;
  at.products = at.gradient + points * (size_t)at.gradient_stride;
  at.bias = at.products + points * (size_t)zk_products_stride(direction);
  at.end = at.bias + sizeof(float) * (size_t)zk_round_up(direction->output_blocks * 8, 16);
  return at;
}

/// Adds the gradient's rows of tiles [begin, end) of eight channels to the sums of the bias.
ZK_HOT static void zk_sum_bias(
    const struct zk_direction *direction, const float *gradient, long begin, long end, long channel, float *bias) {
  const struct zk_axis *y = &direction->y;
  zk_v8 total = zk_load(bias);
  for (long row = begin; row < end; row++) {
    long image = row / y->tiles, at = row % y->tiles;
    long first = at * y->size + (at < y->big ? at : y->big), count = (y->size + (at < y->big)) * direction->x.output;
    const float *from =
        gradient + ((image * direction->output_blocks + channel) * y->output + first) * direction->x.output * 8;
    zk_v8 sums[4] = {zk_zero(), zk_zero(), zk_zero(), zk_zero()};
    long k = 0;
    for (; k + 4 <= count; k += 4) {
      for (int lane = 0; lane < 4; lane++) sums[lane] += zk_load(from + (k + lane) * 8);
    }
    for (; k < count; k++) sums[0] += zk_load(from + k * 8);
    total += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
  zk_store(bias, total);
}

/// Transforms the chunk; threads split the channels of both activations.
static void zk_transform_chunk(void *context, int thread, int threads) {
  const struct zk_backward *task = context;
  const struct zk_direction *direction = &task->plan->forward;
  const long inputs = direction->input_blocks;
  long begin, end;
  zk_split(inputs + direction->output_blocks, 1, thread, threads, &begin, &end);
  if (begin < inputs) {
    zk_transform_input(direction, &task->block, task->src, begin, end < inputs ? end : inputs, task->input);
  }
  if (end > inputs) {
    long first = begin > inputs ? begin - inputs : 0;
    for (long channel = first; channel < end - inputs && task->diff_bias; channel++) {
      zk_sum_bias(direction, task->diff_dst, task->row_begin, task->row_end, channel, task->bias + channel * 8);
    }
    zk_transform_gradient(direction, &task->block, task->diff_dst, first, end - inputs, task->gradient);
  }
}

/// Multiplies the chunk; threads split (input block, point), so that each has the same blocks of almost every point.
static void zk_multiply_chunk(void *context, int thread, int threads) {
  const struct zk_backward *task = context;
  const struct zk_direction *direction = &task->plan->forward;
  const long points = direction->points, stride = zk_products_stride(direction);
  long begin, end;
  zk_split(direction->input_blocks * points, 1, thread, threads, &begin, &end);
  for (long point = 0; point < points; point++) {
    long first = begin > point ? (begin - point + points - 1) / points : 0;
    long last = end > point ? (end - point + points - 1) / points : 0;
    if (first >= last) continue;
    int from, to;
    zk_block_range(
        &task->block, direction, (int)(point / direction->x.points), (int)(point % direction->x.points), &from, &to);
    zk_multiply_gradient(
        task->input.data + point * task->input.point + from * 8, task->input.channel_block,
        task->gradient.data + point * task->gradient.point + from * 8, task->gradient.channel_block, to - from, first,
        last, direction->input_blocks, direction->output_blocks, task->row_begin > 0, task->products + point * stride);
  }
}

static void zk_collect_member(void *context, int thread, int threads) {
  const struct zk_backward *task = context;
  long begin, end;
  zk_split(task->plan->forward.output_blocks * task->plan->forward.inputs, 1, thread, threads, &begin, &end);
  zk_collect_weights(task->plan, task->products, task->diff_weights, begin, end);
}

void zk_winograd_backward_weights(
    const zk_winograd *plan, const float *src, const float *diff_dst, float *diff_weights, float *diff_bias,
    void *scratch) {
  const struct zk_direction *direction = &plan->forward;
  const struct zk_places at = zk_place(plan);
  const long tiles = plan->chunk_rows * direction->x.tiles;
  char *start = scratch;
  struct zk_backward task = {
      .plan = plan,
      .src = src,
      .diff_dst = diff_dst,
      .diff_weights = diff_weights,
      .diff_bias = diff_bias,
      .block = {.tiles = (struct zk_tile *)scratch},
      .input = {(float *)(start + at.input), at.input_stride, tiles * 8},
      .gradient = {(float *)(start + at.gradient), at.gradient_stride, tiles * 8},
      .products = (float *)(start + at.products),
      .bias = (float *)(start + at.bias)};
  memset(task.bias, 0, sizeof(float) * (size_t)direction->output_blocks * 8);
  for (long row = 0; row < direction->rows; row += plan->chunk_rows) {
    task.row_begin = row;
    task.row_end = row + plan->chunk_rows < direction->rows ? row + plan->chunk_rows : direction->rows;
    zk_block_fill(&task.block, direction, task.row_begin, task.row_end);
    zk_parallel(plan->threads, zk_transform_chunk, &task);
    zk_parallel(plan->threads, zk_multiply_chunk, &task);
  }
  zk_parallel(plan->threads, zk_collect_member, &task);
  if (diff_bias) memcpy(diff_bias, task.bias, sizeof(float) * (size_t)direction->outputs);
}

size_t zk_winograd_scratch_bytes(const zk_winograd *plan, zk_winograd_pass pass) {
  switch (pass) {
  case ZK_WINOGRAD_FORWARD: return zk_direction_scratch(&plan->forward, plan->threads);
  case ZK_WINOGRAD_BACKWARD_DATA: return zk_direction_scratch(&plan->backward, plan->threads);
  default: return zk_place(plan).end;
  }
}
