#include "cpixels_affine.h"

#include <math.h>
#include <string.h>

// Each product is rounded before it is added: the numbers are the same on processors that could fuse the two.
#pragma STDC FP_CONTRACT OFF

#define BODY static inline __attribute__((always_inline))

BODY const uint8_t *pixel_at(const cpixels_image *image, int64_t x, int64_t y) {
  return image->base + (size_t)y * image->stride + (size_t)x * (size_t)image->channels;
}

BODY void copy_pixel(const cpixels_image *source, int64_t x, int64_t y, uint8_t *target) {
  memcpy(target, pixel_at(source, x, y), (size_t)source->channels);
}

// The pixel that a coordinate lies in; -1 left of the image, and right of it at most its width.
BODY int64_t cell(double coordinate, int32_t extent) {
  if (!(coordinate >= 0)) return -1;
  return coordinate >= extent ? extent : (int64_t)coordinate;
}

// No rotation and no shear: coordinates are summed up along each axis.
static void scaled(const cpixels_image *source, const cpixels_image *target, const double *m) {
  double from_y = m[5] + m[4] * 0.5;
  for (int32_t y = 0; y < target->height; y++, from_y += m[4]) {
    int64_t row = cell(from_y, source->height);
    if (row < 0 || row >= source->height) continue;
    uint8_t *to = target->base + (size_t)y * target->stride;
    double from_x = m[2] + m[0] * 0.5;
    for (int32_t x = 0; x < target->width; x++, from_x += m[0], to += target->channels) {
      int64_t column = cell(from_x, source->width);
      if (column >= 0 && column < source->width) copy_pixel(source, column, row, to);
    }
  }
}

BODY int64_t fixed(double value) { return (int64_t)floor(value * 65536.0 + 0.5); }

// Coordinates with 16 fractional bits, summed up from pixel to pixel.
static void fixed_point(const cpixels_image *source, const cpixels_image *target, const double *m) {
  int64_t m0 = fixed(m[0]), m1 = fixed(m[1]), m3 = fixed(m[3]), m4 = fixed(m[4]);
  int64_t start_x = fixed(m[2] + m[0] * 0.5 + m[1] * 0.5);
  int64_t start_y = fixed(m[5] + m[3] * 0.5 + m[4] * 0.5);
  for (int32_t y = 0; y < target->height; y++, start_x += m1, start_y += m4) {
    uint8_t *to = target->base + (size_t)y * target->stride;
    int64_t from_x = start_x, from_y = start_y;
    for (int32_t x = 0; x < target->width; x++, from_x += m0, from_y += m3, to += target->channels) {
      int64_t column = from_x >> 16, row = from_y >> 16;
      if (column >= 0 && column < source->width && row >= 0 && row < source->height)
        copy_pixel(source, column, row, to);
    }
  }
}

// The same in double precision, for coordinates that 16 bits before the point do not hold.
static void floating(const cpixels_image *source, const cpixels_image *target, const double *m) {
  double start_x = m[2] + m[1] * 0.5 + m[0] * 0.5;
  double start_y = m[5] + m[4] * 0.5 + m[3] * 0.5;
  for (int32_t y = 0; y < target->height; y++, start_x += m[1], start_y += m[4]) {
    uint8_t *to = target->base + (size_t)y * target->stride;
    double from_x = start_x, from_y = start_y;
    for (int32_t x = 0; x < target->width; x++, from_x += m[0], from_y += m[3], to += target->channels) {
      int64_t column = cell(from_x, source->width), row = cell(from_y, source->height);
      if (column >= 0 && column < source->width && row >= 0 && row < source->height)
        copy_pixel(source, column, row, to);
    }
  }
}

BODY int64_t clamped(int64_t index, int32_t extent) {
  return index < 0 ? 0 : index < extent ? index : extent - 1;
}

BODY double linear(double a, double b, double part) { return a + (b - a) * part; }

BODY double cubic(const double *v, double part) {
  double second = -v[0] + v[2];
  double third = 2 * (v[0] - v[1]) + v[2] - v[3];
  double fourth = -v[0] + v[1] - v[2] + v[3];
  return v[1] + part * (second + part * (third + part * fourth));
}

BODY void bilinear_pixel(
    const cpixels_image *source, int64_t x, int64_t y, double part_x, double part_y, uint8_t *target) {
  int64_t left = clamped(x, source->width), right = clamped(x + 1, source->width);
  int64_t top = clamped(y, source->height), bottom = clamped(y + 1, source->height);
  const uint8_t *corners[4] = {
      pixel_at(source, left, top), pixel_at(source, right, top), pixel_at(source, left, bottom),
      pixel_at(source, right, bottom)};
  for (int32_t channel = 0; channel < source->channels; channel++) {
    double upper = linear(corners[0][channel], corners[1][channel], part_x);
    double lower = linear(corners[2][channel], corners[3][channel], part_x);
    target[channel] = (uint8_t)linear(upper, lower, part_y);
  }
}

BODY void bicubic_pixel(
    const cpixels_image *source, int64_t x, int64_t y, double part_x, double part_y, uint8_t *target) {
  for (int32_t channel = 0; channel < source->channels; channel++) {
    double rows[4];
    for (int32_t row = 0; row < 4; row++) {
      double values[4];
      int64_t from_y = clamped(y - 1 + row, source->height);
      for (int32_t column = 0; column < 4; column++)
        values[column] = pixel_at(source, clamped(x - 1 + column, source->width), from_y)[channel];
      rows[row] = cubic(values, part_x);
    }
    double value = cubic(rows, part_y);
    target[channel] = value <= 0 ? 0 : value >= 255 ? 255 : (uint8_t)value;
  }
}

static void filtered(
    const cpixels_image *source, const cpixels_image *target, const double *m, cpixels_filter filter) {
  for (int32_t y = 0; y < target->height; y++) {
    uint8_t *to = target->base + (size_t)y * target->stride;
    for (int32_t x = 0; x < target->width; x++, to += target->channels) {
      double middle_x = x + 0.5, middle_y = y + 0.5;
      double from_x = m[0] * middle_x + m[1] * middle_y + m[2];
      double from_y = m[3] * middle_x + m[4] * middle_y + m[5];
      if (!(from_x >= 0 && from_x < source->width && from_y >= 0 && from_y < source->height)) continue;
      from_x -= 0.5;
      from_y -= 0.5;
      int64_t column = (int64_t)floor(from_x), row = (int64_t)floor(from_y);
      double part_x = from_x - (double)column, part_y = from_y - (double)row;
      if (filter == CPIXELS_AFFINE_BILINEAR)
        bilinear_pixel(source, column, row, part_x, part_y, to);
      else
        bicubic_pixel(source, column, row, part_x, part_y, to);
    }
  }
}

BODY int fits_fixed_point(const double *m, int32_t x, int32_t y) {
  return fabs(x * m[0] + y * m[1] + m[2]) < 32768.0 && fabs(x * m[3] + y * m[4] + m[5]) < 32768.0;
}

void cpixels_affine(
    const cpixels_image *source, const cpixels_image *target, const double *matrix, cpixels_filter filter) {
  if (filter != CPIXELS_AFFINE_NEAREST) {
    filtered(source, target, matrix, filter);
  } else if (matrix[1] == 0 && matrix[3] == 0) {
    scaled(source, target, matrix);
  } else if (
      fits_fixed_point(matrix, 0, 0) && fits_fixed_point(matrix, target->width, target->height)
      && fits_fixed_point(matrix, 0, target->height) && fits_fixed_point(matrix, target->width, 0)) {
    fixed_point(source, target, matrix);
  } else {
    floating(source, target, matrix);
  }
}
