// Forward and backward data: transform a block of tiles, multiply it point by point, transform it back.
#include "winograd_plan.h"

struct zk_pass {
  const zk_winograd *plan;
  const struct zk_direction *direction;
  const float *input, *weights, *bias;
  float *output;
  char *scratch;
  int relu;
  struct zk_block block;  // of the block that the threads share
};

/// Where a block's matrices lie in scratch, after its list of tiles.
struct zk_workspace {
  struct zk_planes input, product;
};

/// Floats of a point's transformed input and product.
static void zk_measure(const struct zk_direction *direction, long *input, long *product) {
  const long tiles = direction->block_rows * direction->x.tiles;
  *input = zk_planes_stride(direction->input_blocks, tiles);
  *product = zk_planes_stride(zk_round_up(direction->output_blocks, 2), tiles);
}

/// Bytes of a block's tiles and matrices.
static size_t zk_block_bytes(const struct zk_direction *direction) {
  long input, product;
  zk_measure(direction, &input, &product);
  return zk_tiles_bytes(direction->block_rows * direction->x.tiles) +
         sizeof(float) * (size_t)(direction->points * (input + product));
}

static struct zk_workspace zk_lay_out(const struct zk_direction *direction, char *scratch) {
  const long tiles = direction->block_rows * direction->x.tiles;
  long input, product;
  zk_measure(direction, &input, &product);
  float *start = (float *)(scratch + zk_tiles_bytes(tiles));
  return (struct zk_workspace){{start, input, tiles * 8}, {start + direction->points * input, product, tiles * 8}};
}

/// Each thread has its own rows of tiles, and goes through them in blocks.
static void zk_own_blocks(void *context, int thread, int threads) {
  const struct zk_pass *pass = context;
  const struct zk_direction *direction = pass->direction;
  char *scratch = pass->scratch + (size_t)thread * zk_block_bytes(direction);
  const struct zk_workspace at = zk_lay_out(direction, scratch);
  struct zk_block block = {.tiles = (struct zk_tile *)scratch};
  long begin, end;
  zk_split(direction->rows, 1, thread, threads, &begin, &end);
  for (long row = begin; row < end; row += direction->block_rows) {
    long last = row + direction->block_rows < end ? row + direction->block_rows : end;
    zk_block_fill(&block, direction, row, last);
    zk_transform_input(direction, &block, pass->input, 0, direction->input_blocks, at.input);
    zk_multiply(direction, &block, at.input, pass->weights, at.product, 0, (direction->output_blocks + 1) / 2);
    zk_transform_output(
        direction, &block, at.product, pass->bias, pass->relu, pass->output, 0, direction->output_blocks);
  }
}

static void zk_shared_inputs(void *context, int thread, int threads) {
  const struct zk_pass *pass = context;
  long begin, end;
  zk_split(pass->direction->input_blocks, 1, thread, threads, &begin, &end);
  zk_transform_input(
      pass->direction, &pass->block, pass->input, begin, end, zk_lay_out(pass->direction, pass->scratch).input);
}

static void zk_shared_outputs(void *context, int thread, int threads) {
  const struct zk_pass *pass = context;
  const struct zk_direction *direction = pass->direction;
  const struct zk_workspace at = zk_lay_out(direction, pass->scratch);
  long begin, end;
  zk_split((direction->output_blocks + 1) / 2, 1, thread, threads, &begin, &end);
  long last = 2 * end < direction->output_blocks ? 2 * end : direction->output_blocks;
  zk_multiply(direction, &pass->block, at.input, pass->weights, at.product, begin, end);
  zk_transform_output(direction, &pass->block, at.product, pass->bias, pass->relu, pass->output, 2 * begin, last);
}

static void zk_convolve(struct zk_pass *pass) {
  const struct zk_direction *direction = pass->direction;
  if (!direction->split_channels) {
    zk_parallel(pass->plan->threads, zk_own_blocks, pass);
    return;
  }
  pass->block.tiles = (struct zk_tile *)pass->scratch;
  zk_block_fill(&pass->block, direction, 0, direction->rows);
  zk_parallel(pass->plan->threads, zk_shared_inputs, pass);
  zk_parallel(pass->plan->threads, zk_shared_outputs, pass);
}

size_t zk_direction_scratch(const struct zk_direction *direction, int threads) {
  return zk_block_bytes(direction) * (size_t)(direction->split_channels ? 1 : threads);
}

size_t zk_winograd_weights_bytes(const zk_winograd *plan, zk_winograd_pass pass) {
  if (pass == ZK_WINOGRAD_BACKWARD_WEIGHTS) return 0;
  const struct zk_direction *direction = pass == ZK_WINOGRAD_FORWARD ? &plan->forward : &plan->backward;
  return sizeof(float) * (size_t)(direction->points * zk_weights_stride(direction));
}

void zk_winograd_forward(
    const zk_winograd *plan, const float *src, const float *transformed, const float *bias, float *dst, int relu,
    void *scratch) {
  struct zk_pass pass = {plan, &plan->forward, src, transformed, bias, dst, scratch, relu, {0}};
  zk_convolve(&pass);
}

void zk_winograd_backward_data(
    const zk_winograd *plan, const float *diff_dst, const float *transformed, float *diff_src, void *scratch) {
  struct zk_pass pass = {plan, &plan->backward, diff_dst, transformed, NULL, diff_src, scratch, 0, {0}};
  zk_convolve(&pass);
}
