// The transforms of tiles: from an activation or its gradient to one matrix per point, and back.
#include "winograd_plan.h"
#include "winograd_transforms.h"

/// Floats that a transform fetches ahead: a tile's points are far apart, the next tiles' values follow each.
enum { ZK_AHEAD = 4 * 8 };

/// A transform along one axis of `lines` lines; strides in floats, between a line's items and between lines.
typedef void (*zk_line_transform)(
    const float *from, long from_item, long from_line, float *to, long to_item, long to_line, long lines);

#define ZK_INTERPOLATE(n)                                                                                              \
  ZK_HOT static void zk_interpolate_##n(                                                                               \
      const float *from, long from_item, long from_line, float *to, long to_item, long to_line, long lines) {          \
    for (long line = 0; line < lines; line++) {                                                                        \
      zk_v8 d[n], v[n];                                                                                                \
      for (int k = 0; k < n; k++) d[k] = zk_load(from + line * from_line + k * from_item);                             \
      zk_interpolate(n, d, v);                                                                                         \
      for (int k = 0; k < n; k++) zk_store(to + line * to_line + k * to_item, v[k]);                                   \
    }                                                                                                                  \
  }

ZK_INTERPOLATE(5)
ZK_INTERPOLATE(6)
ZK_INTERPOLATE(7)
ZK_INTERPOLATE(8)

static const zk_line_transform zk_interpolations[] = {
    zk_interpolate_5, zk_interpolate_6, zk_interpolate_7, zk_interpolate_8};

#define ZK_EVALUATE(n, count)                                                                                          \
  ZK_HOT static void zk_evaluate_##n##_##count(                                                                        \
      const float *from, long from_item, long from_line, float *to, long to_item, long to_line, long lines) {          \
    for (long line = 0; line < lines; line++) {                                                                        \
      zk_v8 c[count], v[n];                                                                                            \
      for (int k = 0; k < count; k++) c[k] = zk_load(from + line * from_line + k * from_item);                         \
      zk_evaluate(n, count, c, v);                                                                                     \
      for (int k = 0; k < n; k++) zk_store(to + line * to_line + k * to_item, v[k]);                                   \
    }                                                                                                                  \
  }

/// The transposes of zk_evaluate, and the same with a bias and a floor for the last axis of an output.
#define ZK_COLLECT(n, count)                                                                                           \
  ZK_HOT static void zk_collect_##n##_##count(                                                                         \
      const float *from, long from_item, long from_line, float *to, long to_item, long to_line, long lines) {          \
    for (long line = 0; line < lines; line++) {                                                                        \
      zk_v8 v[n], c[count];                                                                                            \
      for (int k = 0; k < n; k++) {                                                                                    \
        v[k] = zk_load(from + line * from_line + k * from_item);                                                       \
        __builtin_prefetch(from + line * from_line + k * from_item + ZK_AHEAD);                                        \
      }                                                                                                                \
      zk_collect(n, count, v, c);                                                                                      \
      for (int k = 0; k < count; k++) zk_store(to + line * to_line + k * to_item, c[k]);                               \
    }                                                                                                                  \
  }                                                                                                                    \
  ZK_HOT static void zk_finish_##n##_##count(                                                                          \
      const float *from, float *to, long to_line, long lines, const float *bias, float floor) {                        \
    const zk_v8 shift = zk_load(bias), least = zk_splat(floor);                                                        \
    for (long line = 0; line < lines; line++) {                                                                        \
      zk_v8 v[n], c[count];                                                                                            \
      for (int k = 0; k < n; k++) v[k] = zk_load(from + (line * ZK_MAX_POINTS + k) * 8);                               \
      zk_collect(n, count, v, c);                                                                                      \
      for (int k = 0; k < count; k++) {                                                                                \
        zk_store(to + line * to_line + k * 8, zk_at_least(c[k] + shift, least));                                       \
      }                                                                                                                \
    }                                                                                                                  \
  }

/// The last axis of an output; as zk_line_transform.
typedef void (*zk_finish)(const float *from, float *to, long to_line, long lines, const float *bias, float floor);

#define ZK_BOTH(n, count) ZK_EVALUATE(n, count) ZK_COLLECT(n, count)

ZK_BOTH(5, 3)
ZK_BOTH(6, 4)
ZK_BOTH(7, 5)
ZK_BOTH(8, 6)
ZK_BOTH(5, 1)
ZK_BOTH(6, 2)
ZK_BOTH(7, 3)
ZK_BOTH(8, 4)

// By kernel (3, then 5) and points (from 5).
static const zk_line_transform zk_evaluations[2][4] = {
    {zk_evaluate_5_3, zk_evaluate_6_4, zk_evaluate_7_5, zk_evaluate_8_6},
    {zk_evaluate_5_1, zk_evaluate_6_2, zk_evaluate_7_3, zk_evaluate_8_4}};
static const zk_line_transform zk_collections[2][4] = {
    {zk_collect_5_3, zk_collect_6_4, zk_collect_7_5, zk_collect_8_6},
    {zk_collect_5_1, zk_collect_6_2, zk_collect_7_3, zk_collect_8_4}};
static const zk_finish zk_finishes[2][4] = {
    {zk_finish_5_3, zk_finish_6_4, zk_finish_7_5, zk_finish_8_6},
    {zk_finish_5_1, zk_finish_6_2, zk_finish_7_3, zk_finish_8_4}};

enum { ZK_LINE = ZK_MAX_POINTS * 8 };  // floats between the rows of a patch

/// Copies the part of a patch that lies on the map and fills the rest with zeros.
ZK_HOT static void zk_copy_patch(
    const float *map, long height, long width, long y, long x, int rows, int columns, float *patch) {
  const zk_v8 zero = zk_zero();
  const int left = x < 0 ? (int)-x : 0, right = x + columns > width ? (int)(width - x) : columns;
  for (int i = 0; i < rows; i++) {
    float *to = patch + i * ZK_LINE;
    const float *from = map + ((y + i) * width + x) * 8;
    if (y + i < 0 || y + i >= height) {
      for (int j = 0; j < columns; j++) zk_store(to + j * 8, zero);
      continue;
    }
    for (int j = 0; j < left; j++) zk_store(to + j * 8, zero);
    for (int j = left; j < right; j++) zk_store(to + j * 8, zk_load(from + j * 8));
    for (int j = right; j < columns; j++) zk_store(to + j * 8, zero);
  }
}

ZK_HOT void zk_transform_input(
    const struct zk_direction *direction, const struct zk_block *block, const float *input, long begin, long end,
    struct zk_planes planes) {
  _Alignas(64) float patch[ZK_MAX_POINTS * ZK_LINE], half[ZK_MAX_POINTS * ZK_LINE];
  const struct zk_axis *ya = &direction->y, *xa = &direction->x;
  for (long channel = begin; channel < end; channel++) {
    for (int t = 0; t < block->count; t++) {
      const struct zk_tile *tile = &block->tiles[t];
      int rows = ya->small_points + tile->height - ya->size, columns = xa->small_points + tile->width - xa->size;
      const float *map = input + (tile->image * direction->input_blocks + channel) * ya->input * xa->input * 8;
      long y = tile->y - ya->padding, x = tile->x - xa->padding;
      const float *from = map + (y * xa->input + x) * 8;
      long line = xa->input * 8;
      if (y < 0 || x < 0 || y + rows > ya->input || x + columns > xa->input) {
        zk_copy_patch(map, ya->input, xa->input, y, x, rows, columns, patch);
        from = patch;
        line = ZK_LINE;
      }
      float *to = planes.data + channel * planes.channel_block + t * 8;
      zk_interpolations[rows - 5](from, line, 8, half, ZK_LINE, 8, columns);
      zk_interpolations[columns - 5](half, 8, ZK_LINE, to, planes.point, planes.point * xa->points, rows);
    }
  }
}

ZK_HOT void zk_transform_gradient(
    const struct zk_direction *direction, const struct zk_block *block, const float *gradient, long begin, long end,
    struct zk_planes planes) {
  _Alignas(64) float half[ZK_MAX_POINTS * ZK_LINE];
  const struct zk_axis *ya = &direction->y, *xa = &direction->x;
  const zk_line_transform *evaluations = zk_evaluations[ya->small_points - ya->size == 4];
  for (long channel = begin; channel < end; channel++) {
    for (int t = 0; t < block->count; t++) {
      const struct zk_tile *tile = &block->tiles[t];
      int rows = ya->small_points + tile->height - ya->size, columns = xa->small_points + tile->width - xa->size;
      const float *map = gradient + (tile->image * direction->output_blocks + channel) * ya->output * xa->output * 8;
      const float *from = map + (tile->y * xa->output + tile->x) * 8;
      float *to = planes.data + channel * planes.channel_block + t * 8;
      evaluations[rows - 5](from, xa->output * 8, 8, half, ZK_LINE, 8, tile->width);
      evaluations[columns - 5](half, 8, ZK_LINE, to, planes.point, planes.point * xa->points, rows);
    }
  }
}

ZK_HOT void zk_transform_output(
    const struct zk_direction *direction, const struct zk_block *block, struct zk_planes planes, const float *bias,
    int relu, float *output, long begin, long end) {
  _Alignas(64) float half[ZK_MAX_POINTS * ZK_LINE], shift[8];
  const struct zk_axis *ya = &direction->y, *xa = &direction->x;
  const int five = ya->small_points - ya->size == 4;
  const float floor = relu ? 0 : -__builtin_inff();
  for (long channel = begin; channel < end; channel++) {
    for (int k = 0; k < 8; k++) shift[k] = bias && channel * 8 + k < direction->outputs ? bias[channel * 8 + k] : 0;
    for (int t = 0; t < block->count; t++) {
      const struct zk_tile *tile = &block->tiles[t];
      int rows = ya->small_points + tile->height - ya->size, columns = xa->small_points + tile->width - xa->size;
      float *map = output + (tile->image * direction->output_blocks + channel) * ya->output * xa->output * 8;
      const float *from = planes.data + channel * planes.channel_block + t * 8;
      zk_collections[five][rows - 5](from, planes.point * xa->points, planes.point, half, ZK_LINE, 8, columns);
      zk_finishes[five][columns - 5](
          half, map + (tile->y * xa->output + tile->x) * 8, xa->output * 8, tile->height, shift, floor);
    }
  }
}
