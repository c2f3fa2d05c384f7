#include "cpixels.h"

#include <string.h>

// Each kernel is an always-inlined body, wrapped once for the baseline and, on x86, once for AVX2.
#if defined(__x86_64__)
#define HAS_AVX2 1
#define AVX2 __attribute__((target("avx2")))
#else
#define HAS_AVX2 0
#endif
#define BODY static inline __attribute__((always_inline))

typedef int32_t int32x4 __attribute__((vector_size(16)));
typedef uint8_t uint8x4 __attribute__((vector_size(4)));

enum { ROUNDING = 1 << (CPIXELS_WEIGHT_BITS - 1) };

BODY uint8_t clip(int32_t sum) {
  int32_t value = sum >> CPIXELS_WEIGHT_BITS;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// One pixel of three channels sits in four lanes; the fourth reads a byte of the next pixel and is dropped.
BODY int32x4 load_pixel(const uint8_t *source) {
  uint8x4 bytes;
  memcpy(&bytes, source, 4);
  return __builtin_convertvector(bytes, int32x4);
}

// The same clip for four lanes. Whoever stores four bytes lets the next pixel overwrite the fourth.
BODY uint8x4 clip_pixel(int32x4 sum) {
  int32x4 value = sum >> CPIXELS_WEIGHT_BITS;
  value &= ~(value >> 31);
  int32x4 is_above = value > 255;
  value = (value & ~is_above) | (is_above & 255);
  return __builtin_convertvector(value, uint8x4);
}

// `bytes` is 4, or 3 for the last pixel of a row.
BODY void store_pixel(uint8_t *target, int32x4 sum, size_t bytes) {
  uint8x4 pixel = clip_pixel(sum);
  memcpy(target, &pixel, bytes);
}

BODY void horizontal_rgb_pixel(
    const uint8_t *source, uint8_t *target, const cpixels_axis *axis, int32_t output, size_t bytes) {
  const uint8_t *from = source + 3 * (size_t)axis->starts[output];
  const int32_t *weights = axis->weights + (size_t)output * (size_t)axis->taps;
  int32x4 sum = {ROUNDING, ROUNDING, ROUNDING, ROUNDING};
  for (int32_t tap = 0; tap < axis->counts[output]; tap++) sum += load_pixel(from + 3 * tap) * weights[tap];
  store_pixel(target + 3 * (size_t)output, sum, bytes);
}

BODY void horizontal_rgb_row(const uint8_t *source, uint8_t *target, const cpixels_axis *axis) {
  int32_t last = axis->outputs - 1;
  for (int32_t output = 0; output < last; output++) horizontal_rgb_pixel(source, target, axis, output, 4);
  horizontal_rgb_pixel(source, target, axis, last, 3);
}

// Four rows share each weight.
BODY void horizontal_rgb_pixels(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, const cpixels_axis *axis,
    int32_t output, size_t bytes) {
  const uint8_t *from = source + 3 * (size_t)axis->starts[output];
  const int32_t *weights = axis->weights + (size_t)output * (size_t)axis->taps;
  int32x4 first = {ROUNDING, ROUNDING, ROUNDING, ROUNDING};
  int32x4 second = first, third = first, fourth = first;
  int32_t count = axis->counts[output];
  for (int32_t tap = 0; tap < count; tap++) {
    const uint8_t *pixel = from + 3 * tap;
    int32_t weight = weights[tap];
    first += load_pixel(pixel) * weight;
    second += load_pixel(pixel + source_stride) * weight;
    third += load_pixel(pixel + 2 * source_stride) * weight;
    fourth += load_pixel(pixel + 3 * source_stride) * weight;
  }
  uint8_t *to = target + 3 * (size_t)output;
  store_pixel(to, first, bytes);
  store_pixel(to + target_stride, second, bytes);
  store_pixel(to + 2 * target_stride, third, bytes);
  store_pixel(to + 3 * target_stride, fourth, bytes);
}

BODY void horizontal_rgb_rows(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, const cpixels_axis *axis) {
  int32_t last = axis->outputs - 1;
  for (int32_t output = 0; output < last; output++)
    horizontal_rgb_pixels(source, source_stride, target, target_stride, axis, output, 4);
  horizontal_rgb_pixels(source, source_stride, target, target_stride, axis, last, 3);
}

BODY void horizontal_gray_row(const uint8_t *source, uint8_t *target, const cpixels_axis *axis) {
  for (int32_t output = 0; output < axis->outputs; output++) {
    const uint8_t *from = source + axis->starts[output];
    const int32_t *weights = axis->weights + (size_t)output * (size_t)axis->taps;
    int32_t sum = ROUNDING;
    for (int32_t tap = 0; tap < axis->counts[output]; tap++) sum += from[tap] * weights[tap];
    target[output] = clip(sum);
  }
}

BODY void horizontal(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t rows, int32_t channels,
    const cpixels_axis *axis) {
  int32_t row = 0;
  if (channels == 3) {
    for (; row + 4 <= rows; row += 4)
      horizontal_rgb_rows(
          source + (size_t)row * source_stride, source_stride, target + (size_t)row * target_stride, target_stride, axis);
    for (; row < rows; row++)
      horizontal_rgb_row(source + (size_t)row * source_stride, target + (size_t)row * target_stride, axis);
  } else {
    for (; row < rows; row++)
      horizontal_gray_row(source + (size_t)row * source_stride, target + (size_t)row * target_stride, axis);
  }
}

enum { BLOCK = 32 };

BODY void vertical_block(
    const uint8_t *source, size_t source_stride, uint8_t *target, const int32_t *weights, int32_t count, int32_t width) {
  int32_t sums[BLOCK];
  for (int32_t x = 0; x < BLOCK; x++) sums[x] = ROUNDING;
  for (int32_t tap = 0; tap < count; tap++) {
    const uint8_t *row = source + (size_t)tap * source_stride;
    int32_t weight = weights[tap];
    for (int32_t x = 0; x < width; x++) sums[x] += row[x] * weight;
  }
  for (int32_t x = 0; x < width; x++) target[x] = clip(sums[x]);
}

BODY void vertical(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t row_bytes,
    const cpixels_axis *axis) {
  for (int32_t output = 0; output < axis->outputs; output++) {
    const uint8_t *from = source + (size_t)axis->starts[output] * source_stride;
    uint8_t *to = target + (size_t)output * target_stride;
    const int32_t *weights = axis->weights + (size_t)output * (size_t)axis->taps;
    int32_t count = axis->counts[output];
    int32_t x = 0;
    for (; x + BLOCK <= row_bytes; x += BLOCK) vertical_block(from + x, source_stride, to + x, weights, count, BLOCK);
    if (x < row_bytes) vertical_block(from + x, source_stride, to + x, weights, count, row_bytes - x);
  }
}

#if HAS_AVX2
AVX2 static void horizontal_avx2(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t rows, int32_t channels,
    const cpixels_axis *axis) {
  horizontal(source, source_stride, target, target_stride, rows, channels, axis);
}

AVX2 static void vertical_avx2(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t row_bytes,
    const cpixels_axis *axis) {
  vertical(source, source_stride, target, target_stride, row_bytes, axis);
}
#endif

void cpixels_resample_horizontal(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t rows, int32_t channels,
    const cpixels_axis *axis) {
#if HAS_AVX2
  if (__builtin_cpu_supports("avx2")) {
    horizontal_avx2(source, source_stride, target, target_stride, rows, channels, axis);
    return;
  }
#endif
  horizontal(source, source_stride, target, target_stride, rows, channels, axis);
}

void cpixels_resample_vertical(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t row_bytes,
    const cpixels_axis *axis) {
#if HAS_AVX2
  if (__builtin_cpu_supports("avx2")) {
    vertical_avx2(source, source_stride, target, target_stride, row_bytes, axis);
    return;
  }
#endif
  vertical(source, source_stride, target, target_stride, row_bytes, axis);
}

BODY void fill_plane_row(
    const uint8_t *source, int32_t width, int32_t channels, int32_t mirrored, const float *table, float *target) {
  if (mirrored)
    for (int32_t x = 0; x < width; x++) target[width - 1 - x] = table[source[x * channels]];
  else
    for (int32_t x = 0; x < width; x++) target[x] = table[source[x * channels]];
}

void cpixels_fill_planes(
    const uint8_t *source, size_t source_stride, int32_t width, int32_t height, int32_t channels, int32_t planes,
    int32_t mirrored, const float *tables, float *target) {
  size_t plane_size = (size_t)width * (size_t)height;
  for (int32_t plane = 0; plane < planes; plane++) {
    const float *table = tables + 256 * (size_t)plane;
    float *to = target + plane_size * (size_t)plane;
    // A gray image under the same table in every plane is computed once.
    if (channels == 1 && plane > 0 && memcmp(table, table - 256, 256 * sizeof(float)) == 0) {
      memcpy(to, to - plane_size, plane_size * sizeof(float));
      continue;
    }
    const uint8_t *from = source + (channels == 1 ? 0 : plane);
    for (int32_t y = 0; y < height; y++) {
      const uint8_t *row = from + (size_t)y * source_stride;
      if (channels == 1)
        fill_plane_row(row, width, 1, mirrored, table, to + (size_t)y * (size_t)width);
      else
        fill_plane_row(row, width, 3, mirrored, table, to + (size_t)y * (size_t)width);
    }
  }
}

void cpixels_rgb_to_luma(const uint8_t *source, uint8_t *target, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    uint32_t sum = 19595u * source[3 * i] + 38470u * source[3 * i + 1] + 7471u * source[3 * i + 2] + 32768u;
    target[i] = (uint8_t)(sum >> 16);
  }
}

// a * b / 255, rounded, without a division.
BODY uint32_t multiply_divide_255(uint32_t a, uint32_t b) {
  uint32_t product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

void cpixels_inverted_cmyk_to_rgb(const uint8_t *source, uint8_t *target, size_t pixels) {
  for (size_t i = 0; i < pixels; i++) {
    uint32_t white = source[4 * i + 3];
    for (size_t channel = 0; channel < 3; channel++) {
      uint32_t ink = 255u - source[4 * i + channel];
      target[3 * i + channel] = (uint8_t)(white - multiply_divide_255(ink, white));
    }
  }
}

void cpixels_mirror(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    int32_t channels) {
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *from = source + (size_t)y * source_stride;
    uint8_t *to = target + (size_t)y * target_stride;
    for (int32_t x = 0; x < width; x++)
      memcpy(to + (size_t)(width - 1 - x) * (size_t)channels, from + (size_t)x * (size_t)channels, (size_t)channels);
  }
}
