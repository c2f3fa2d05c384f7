/// Colour operations on interleaved 8-bit pixels, as Pillow computes them. Strides are in bytes; `channels` is 1 or 3.
#ifndef CPIXELS_COLOR_H
#define CPIXELS_COLOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// Counts the values of each channel: adds to counts[channel * 256 + value].
void cpixels_histogram(
    const uint8_t *source, size_t source_stride, int32_t width, int32_t height, int32_t channels, uint64_t *counts);

/// The sum of the luma of all pixels: (19595 R + 38470 G + 7471 B + 32768) >> 16, or the value itself for gray.
uint64_t cpixels_luma_sum(
    const uint8_t *source, size_t source_stride, int32_t width, int32_t height, int32_t channels);

/// Each value of channel c becomes tables[c * 256 + value].
void cpixels_look_up(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    int32_t channels, const uint8_t *tables);

/// Three channels to one, their luma.
void cpixels_rgb_to_gray(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height);

/// RGB blended with its luma: luma + factor * (value - luma) in single precision, truncated and clipped.
void cpixels_saturate(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    float factor);

/// RGB to 8-bit hue, saturation and value, `shift` added to the hue modulo 256, and back.
void cpixels_shift_hue(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    uint8_t shift);

/// An image blended with itself smoothed by the 3x3 kernel 1 1 1, 1 5 1, 1 1 1 over 13, whose border is left as it is.
void cpixels_sharpen(
    const uint8_t *source, size_t source_stride, uint8_t *target, size_t target_stride, int32_t width, int32_t height,
    int32_t channels, float factor);

/// One value blended: from + factor * (to - from) in single precision, truncated and clipped: Pillow's `Image.blend`.
uint8_t cpixels_blend(uint8_t from, uint8_t to, float factor);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
