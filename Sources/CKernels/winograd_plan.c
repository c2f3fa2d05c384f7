#include "winograd_plan.h"

#include <stdlib.h>

#include "winograd_transforms.h"

/// The largest number of points along an axis: more save multiplications and cost precision.
static int zk_most_points(long kernel) { return kernel == 3 ? 7 : 8; }

static int zk_cover(struct zk_axis *axis, long input, long padding, long kernel) {
  long output = input + 2 * padding - kernel + 1;
  if (input < 1 || output < 1 || padding < 0 || padding >= kernel) return 0;
  long largest = zk_most_points(kernel) - kernel + 1;
  long tiles = (output + largest - 1) / largest;
  axis->input = input;
  axis->output = output;
  axis->padding = padding;
  axis->tiles = (int)tiles;
  axis->size = (int)(output / tiles);
  axis->big = (int)(output % tiles);
  axis->small_points = axis->size + (int)kernel - 1;
  axis->points = axis->small_points + (axis->big > 0);
  return axis->small_points >= 5 && tiles < 1 << 15;
}

/// Below so many tiles threads share each block, and split its channels.
enum { ZK_SHARED_TILES = 96 };

/// Tiles in a block of forward and backward data: few enough that the block's matrices stay in the caches, and enough that reading
/// the transformed weights costs little; twice as many when these are too large for a share of the last cache.
enum { ZK_BLOCK_TILES = 36, ZK_LARGE_WEIGHTS = 8 << 20 };

/// Tiles in a chunk of backward weights: its matrices are shared by the threads, the products are read and written once for each.
enum { ZK_CHUNK_TILES = 288 };

static int zk_direct(
    struct zk_direction *direction, const zk_winograd_shape *shape, long height, long width, long padding_y, long padding_x,
    long inputs, long outputs, int threads) {
  if (!zk_cover(&direction->y, height, padding_y, shape->kernel)) return 0;
  if (!zk_cover(&direction->x, width, padding_x, shape->kernel)) return 0;
  direction->points = direction->y.points * direction->x.points;
  direction->inputs = inputs;
  direction->outputs = outputs;
  direction->input_blocks = (inputs + 7) / 8;
  direction->output_blocks = (outputs + 7) / 8;
  direction->rows = shape->batch * direction->y.tiles;
  long columns = direction->x.tiles;
  int large = zk_weights_stride(direction) * direction->points * (long)sizeof(float) > ZK_LARGE_WEIGHTS;
  direction->split_channels = direction->rows * columns <= ZK_SHARED_TILES;
  long tiles = direction->split_channels ? ZK_SHARED_TILES : large ? 2 * ZK_BLOCK_TILES : ZK_BLOCK_TILES;
  long share = direction->split_channels ? direction->rows : (direction->rows + threads - 1) / threads;
  long blocks = (share * columns + tiles - 1) / tiles;
  if (blocks > share) blocks = share;
  direction->block_rows = (share + blocks - 1) / blocks;
  return 1;
}

zk_winograd *zk_winograd_create(const zk_winograd_shape *shape, int threads) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return NULL;
#endif
  if (shape->kernel != 3 && shape->kernel != 5) return NULL;
  if (shape->batch < 1 || shape->input_channels < 1 || shape->output_channels < 1 || threads < 1) return NULL;
  zk_winograd *plan = calloc(1, sizeof *plan);
  if (!plan) return NULL;
  plan->shape = *shape;
  plan->threads = threads;
  int fits = zk_direct(
      &plan->forward, shape, shape->height, shape->width, shape->padding_y, shape->padding_x, shape->input_channels,
      shape->output_channels, threads);
  fits = fits && zk_direct(
      &plan->backward, shape, plan->forward.y.output, plan->forward.x.output, shape->kernel - 1 - shape->padding_y,
      shape->kernel - 1 - shape->padding_x, shape->output_channels, shape->input_channels, threads);
  if (!fits) {
    free(plan);
    return NULL;
  }
  long chunk = ZK_CHUNK_TILES, columns = plan->forward.x.tiles, rows = plan->forward.rows;
  long chunks = (rows * columns + chunk - 1) / chunk;
  if (chunks > rows) chunks = rows;
  plan->chunk_rows = (rows + chunks - 1) / chunks;
  return plan;
}

void zk_winograd_destroy(zk_winograd *plan) { free(plan); }

double zk_winograd_saving(const zk_winograd *plan) {
  const struct zk_axis *y = &plan->forward.y, *x = &plan->forward.x;
  double taps = (double)(plan->shape.kernel * plan->shape.kernel);
  double direct = (double)(y->output * x->output) * taps;
  double points_y = (double)(y->tiles * y->small_points + y->big), points_x = (double)(x->tiles * x->small_points + x->big);
  return direct / (points_y * points_x);
}

static void zk_block_add(
    struct zk_block *block, const struct zk_direction *direction, long row_begin, long row_end, int high, int wide) {
  const struct zk_axis *y = &direction->y, *x = &direction->x;
  for (long row = row_begin; row < row_end; row++) {
    int at = (int)(row % y->tiles);
    if ((at < y->big) != high) continue;
    for (int column = wide ? 0 : x->big; column < (wide ? x->big : x->tiles); column++) {
      struct zk_tile *tile = &block->tiles[block->count++];
      tile->image = (int)(row / y->tiles);
      tile->y = at * y->size + (at < y->big ? at : y->big);
      tile->x = column * x->size + (column < x->big ? column : x->big);
      tile->height = (short)(y->size + high);
      tile->width = (short)(x->size + wide);
    }
  }
}

void zk_block_fill(struct zk_block *block, const struct zk_direction *direction, long row_begin, long row_end) {
  block->count = 0;
  zk_block_add(block, direction, row_begin, row_end, 0, 1);
  block->high_begin = block->count;
  zk_block_add(block, direction, row_begin, row_end, 1, 1);
  block->wide_end = block->count;
  zk_block_add(block, direction, row_begin, row_end, 1, 0);
  block->high_end = block->count;
  zk_block_add(block, direction, row_begin, row_end, 0, 0);
}
