// What a Winograd plan knows: how outputs are covered with tiles, and how the work is cut into blocks.
#ifndef ZK_WINOGRAD_PLAN_H
#define ZK_WINOGRAD_PLAN_H

#include <stddef.h>

#include "ckernels_parallel.h"
#include "ckernels_winograd.h"
#include "winograd_vector.h"

/// An output's rows (or columns) as tiles: first `big` tiles of `size + 1` outputs, then tiles of `size`.
struct zk_axis {
  long input, output, padding;
  int tiles, big, size;
  int small_points;  // of a tile of `size`
  int points;        // of the largest tile
};

/// One direction of the convolution: forward, or backward data, which is the same with flipped weights.
struct zk_direction {
  struct zk_axis y, x;
  int points;            // y.points * x.points
  long inputs, outputs;  // channels
  long input_blocks, output_blocks;  // of eight channels
  long rows;             // of tiles, in the batch
  long block_rows;       // rows of tiles that are transformed and multiplied at a time
  int split_channels;    // threads share each block and split channels, else each has blocks of its own
};

struct zk_winograd {
  zk_winograd_shape shape;
  int threads;
  struct zk_direction forward, backward;
  long chunk_rows;  // for backward weights
};

/// A tile: image, first output row and column, and outputs.
struct zk_tile {
  int image, y, x;
  short height, width;
};

/// The tiles of a block, ordered so that those with many points along an axis are neighbours:
/// wide only, then high and wide, then high only, then neither.
struct zk_block {
  struct zk_tile *_Nonnull tiles;
  int count;
  int wide_end, high_begin, high_end;  // tiles [0, wide_end) are wide, [high_begin, high_end) high
};

void zk_block_fill(struct zk_block *_Nonnull block, const struct zk_direction *_Nonnull direction, long row_begin, long row_end);

/// The tiles of the block that have point (i, j).
static inline void zk_block_range(
    const struct zk_block *_Nonnull block, const struct zk_direction *_Nonnull direction, int i, int j,
    int *_Nonnull begin, int *_Nonnull end) {
  int high = i >= direction->y.small_points, wide = j >= direction->x.small_points;
  *begin = high ? block->high_begin : 0;
  *end = wide ? block->wide_end : high ? block->high_end : block->count;
}

/// A matrix per point, [channels / 8][tiles][8], with strides in floats.
struct zk_planes {
  float *_Nonnull data;
  long point, channel_block;
};

static inline long zk_round_up(long n, long multiple) { return (n + multiple - 1) / multiple * multiple; }

/// A stride in floats, at least n, whose cache lines do not all fall into the same sets.
static inline long zk_spread(long n) { return zk_round_up(n, 16) | 16; }

/// Bytes of a block's list of tiles.
static inline size_t zk_tiles_bytes(long tiles) { return (size_t)zk_round_up(tiles * (long)sizeof(struct zk_tile), 64); }

/// Floats of planes for these channel blocks and tiles.
static inline long zk_planes_stride(long channel_blocks, long tiles) { return zk_spread(channel_blocks * tiles * 8); }

// Transforms of a block's tiles, for channel blocks [begin, end). A map is an activation, [image][channel_blocks][height][width][8].
void zk_transform_input(
    const struct zk_direction *_Nonnull direction, const struct zk_block *_Nonnull block, const float *_Nonnull input,
    long begin, long end, struct zk_planes planes);
void zk_transform_gradient(
    const struct zk_direction *_Nonnull direction, const struct zk_block *_Nonnull block, const float *_Nonnull gradient,
    long begin, long end, struct zk_planes planes);
void zk_transform_output(
    const struct zk_direction *_Nonnull direction, const struct zk_block *_Nonnull block, struct zk_planes planes,
    const float *_Nullable bias, int relu, float *_Nonnull output, long begin, long end);

/// product[tile][output] = sum over inputs of planes[tile][input] * weights[input][output], for panels of 16 outputs.
void zk_multiply(
    const struct zk_direction *_Nonnull direction, const struct zk_block *_Nonnull block, struct zk_planes input,
    const float *_Nonnull weights, struct zk_planes product, long panel_begin, long panel_end);

/// products[output block][input][8 outputs] (+)= sum over tiles of input[tile][input] * gradient[tile][output], for input blocks
/// [begin, end) of one point.
void zk_multiply_gradient(
    const float *_Nonnull input, long input_block, const float *_Nonnull gradient, long gradient_block, int tiles,
    long begin, long end, long input_blocks, long output_blocks, int add, float *_Nonnull products);

/// Bytes of scratch for forward or backward data.
size_t zk_direction_scratch(const struct zk_direction *_Nonnull direction, int threads);

/// Floats of one point's transformed weights.
static inline long zk_weights_stride(const struct zk_direction *_Nonnull direction) {
  return zk_spread(zk_round_up(direction->outputs, 16) * direction->input_blocks * 8);
}

/// Floats of one point's products for the gradient of weights.
static inline long zk_products_stride(const struct zk_direction *_Nonnull direction) {
  return zk_spread(direction->output_blocks * direction->input_blocks * 64);
}

void zk_collect_weights(
    const struct zk_winograd *_Nonnull plan, const float *_Nonnull products, float *_Nonnull diff_weights, long begin, long end);

#endif
