#include "cpixels_color.h"

#include <math.h>
#include <string.h>

// Each product is rounded before it is added: the numbers are the same on processors that could fuse the two.
#pragma STDC FP_CONTRACT OFF

#define BODY static inline __attribute__((always_inline))

BODY uint8_t luma(const uint8_t *pixel) {
  return (uint8_t)((19595u * pixel[0] + 38470u * pixel[1] + 7471u * pixel[2] + 32768u) >> 16);
}

BODY uint8_t clip_float(float value) {
  return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)value;
}

BODY uint8_t blend(uint8_t from, uint8_t to, float factor) {
  return clip_float((float)from + factor * (float)((int32_t)to - (int32_t)from));
}

uint8_t cpixels_blend(uint8_t from, uint8_t to, float factor) { return blend(from, to, factor); }

void cpixels_histogram(
    const uint8_t *source, size_t source_stride, int32_t width, int32_t height, int32_t channels, uint64_t *counts) {
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *row = source + (size_t)y * source_stride;
    for (int32_t x = 0; x < width; x++)
      for (int32_t channel = 0; channel < channels; channel++)
        counts[256 * channel + row[(size_t)x * (size_t)channels + (size_t)channel]]++;
  }
}

uint64_t cpixels_luma_sum(
    const uint8_t *source, size_t source_stride, int32_t width, int32_t height, int32_t channels) {
  uint64_t sum = 0;
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *row = source + (size_t)y * source_stride;
    for (int32_t x = 0; x < width; x++) sum += channels == 1 ? row[x] : luma(row + 3 * (size_t)x);
  }
  return sum;
}

void cpixels_look_up(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    int32_t channels, const uint8_t *tables) {
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *from = source + (size_t)y * source_stride;
    uint8_t *to = target + (size_t)y * target_stride;
    if (channels == 1) {
      for (size_t x = 0; x < (size_t)width; x++) to[x] = tables[from[x]];
      continue;
    }
    for (size_t x = 0; x < 3 * (size_t)width; x += 3) {
      to[x] = tables[from[x]];
      to[x + 1] = tables[256 + from[x + 1]];
      to[x + 2] = tables[512 + from[x + 2]];
    }
  }
}

void cpixels_rgb_to_gray(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height) {
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *from = source + (size_t)y * source_stride;
    uint8_t *to = target + (size_t)y * target_stride;
    for (int32_t x = 0; x < width; x++) to[x] = luma(from + 3 * (size_t)x);
  }
}

void cpixels_saturate(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    float factor) {
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *from = source + (size_t)y * source_stride;
    uint8_t *to = target + (size_t)y * target_stride;
    for (size_t x = 0; x < 3 * (size_t)width; x += 3) {
      uint8_t gray = luma(from + x);
      for (size_t channel = 0; channel < 3; channel++) to[x + channel] = blend(gray, from[x + channel], factor);
    }
  }
}

// Hue, saturation and value of 8 bits each. Where Pillow works in double precision and where in single decides the last
// bit: quotients are single, their sums double and then stored as single.
BODY void rgb_to_hsv(const uint8_t *rgb, uint8_t *hsv) {
  uint8_t r = rgb[0], g = rgb[1], b = rgb[2];
  uint8_t most = r > g ? (r > b ? r : b) : (g > b ? g : b);
  uint8_t least = r < g ? (r < b ? r : b) : (g < b ? g : b);
  hsv[0] = 0;
  hsv[1] = 0;
  hsv[2] = most;
  if (most == least) return;
  float range = (float)(most - least);
  float red = (float)(most - r) / range;
  float green = (float)(most - g) / range;
  float blue = (float)(most - b) / range;
  float hue;
  if (r == most)
    hue = blue - green;
  else if (g == most)
    hue = (float)(2.0 + (double)red - (double)blue);
  else
    hue = (float)(4.0 + (double)green - (double)red);
  hue = (float)fmod((double)hue / 6.0 + 1.0, 1.0);
  float saturation = range / (float)most;
  hsv[0] = (uint8_t)((double)hue * 255.0);
  hsv[1] = (uint8_t)((double)saturation * 255.0);
}

// Values are at least 0, so adding a half and truncating rounds half away from zero; the sum is exact below 256.
BODY uint8_t rounded(double value) {
  return value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)(value + 0.5);
}

BODY void hsv_to_rgb(const uint8_t *hsv, uint8_t *rgb) {
  uint8_t v = hsv[2];
  if (hsv[1] == 0) {
    rgb[0] = rgb[1] = rgb[2] = v;
    return;
  }
  double position = (double)hsv[0] * 6.0 / 255.0;
  int32_t sextant = (int32_t)position;
  float part = (float)(position - (double)sextant);
  float saturation = (float)((double)hsv[1] / 255.0);
  float product = saturation * part;
  uint8_t p = rounded((double)v * (1.0 - (double)saturation));
  uint8_t q = rounded((double)v * (1.0 - (double)product));
  uint8_t t = rounded((double)v * (1.0 - (double)saturation * (1.0 - (double)part)));
  uint8_t results[6][3] = {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}};
  memcpy(rgb, results[sextant % 6], 3);
}

void cpixels_shift_hue(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    uint8_t shift) {
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *from = source + (size_t)y * source_stride;
    uint8_t *to = target + (size_t)y * target_stride;
    for (size_t x = 0; x < 3 * (size_t)width; x += 3) {
      uint8_t hsv[3];
      rgb_to_hsv(from + x, hsv);
      hsv[0] = (uint8_t)(hsv[0] + shift);
      hsv_to_rgb(hsv, to + x);
    }
  }
}

// A row of the kernel: weights outer, middle, outer.
BODY float weighted(const uint8_t *row, size_t x, size_t step, float outer, float middle) {
  return (float)row[x - step] * outer + (float)row[x] * middle + (float)row[x + step] * outer;
}

void cpixels_sharpen(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    int32_t channels, float factor) {
  const float one = 1.0f / 13.0f, five = 5.0f / 13.0f;
  size_t step = (size_t)channels;
  size_t row_bytes = (size_t)width * step;
  for (int32_t y = 0; y < height; y++) {
    const uint8_t *from = source + (size_t)y * source_stride;
    uint8_t *to = target + (size_t)y * target_stride;
    // The border is not smoothed: blended with itself it stays.
    memcpy(to, from, row_bytes);
    if (y == 0 || y == height - 1 || width < 3) continue;
    const uint8_t *above = from - source_stride, *below = from + source_stride;
    for (size_t x = step; x < row_bytes - step; x++) {
      float sum = 0.5f;
      sum += weighted(below, x, step, one, one);
      sum += weighted(from, x, step, one, five);
      sum += weighted(above, x, step, one, one);
      to[x] = blend(clip_float(sum), from[x], factor);
    }
  }
}
