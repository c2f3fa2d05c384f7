/// The inner loops over pixels: plain functions on memory that the caller owns, no state, no allocation.
///
/// They stand in C for two reasons: each is compiled twice, for the baseline processor and for AVX2, and chosen at run
/// time without any compiler flag; and their vectorisation does not depend on the optimiser's mood. The results are the
/// same integers on every path.
#ifndef CPIXELS_H
#define CPIXELS_H

#include <stddef.h>
#include <stdint.h>

#include "cpixels_affine.h"
#include "cpixels_color.h"

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Bytes that must be readable (their values do not matter) after the last pixel that a function reads.
enum { CPIXELS_SLACK = 64 };

/// Fractional bits of resampling weights: 32 - 8 - 2, as in Pillow.
enum { CPIXELS_WEIGHT_BITS = 22 };

/// What an axis of a resampling reads and how it weighs it. Output i is the sum over t < counts[i] of
/// weights[i * taps + t] times input starts[i] + t.
typedef struct {
  const int32_t *starts;
  const int32_t *counts;
  const int32_t *weights;
  int32_t taps;
  int32_t outputs;
} cpixels_axis;

/// Resamples along the rows. `channels` is 1 or 3, interleaved; strides are in bytes.
void cpixels_resample_horizontal(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t rows, int32_t channels,
    const cpixels_axis *axis);

/// Resamples along the columns. `row_bytes` is width times channels; strides are in bytes.
void cpixels_resample_vertical(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t row_bytes,
    const cpixels_axis *axis);

/// Fills float planes [planes, height, width] from interleaved pixels: plane p, pixel (y, x) becomes
/// tables[p * 256 + value of channel p], or of the only channel when `channels` is 1. `mirrored` reverses every row.
void cpixels_fill_planes(
    const uint8_t *source, size_t source_stride, int32_t width, int32_t height, int32_t channels, int32_t planes,
    int32_t mirrored, const float *tables, float *target);

/// RGB to luma, Pillow's mode L: (19595 R + 38470 G + 7471 B + 32768) >> 16.
void cpixels_rgb_to_luma(const uint8_t *source, uint8_t *target, size_t pixels);

/// CMYK as Adobe stores it in JPEG (inverted) to RGB, as Pillow's convert("RGB") does.
void cpixels_inverted_cmyk_to_rgb(const uint8_t *source, uint8_t *target, size_t pixels);

/// Reverses the pixels of every row. Source and target may not overlap.
void cpixels_mirror(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    int32_t channels);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
