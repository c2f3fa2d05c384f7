/// Affine maps of interleaved 8-bit pixels, as Pillow's `Image.transform` computes them.
#ifndef CPIXELS_AFFINE_H
#define CPIXELS_AFFINE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// How a value between pixels is made.
typedef enum { CPIXELS_AFFINE_NEAREST = 0, CPIXELS_AFFINE_BILINEAR = 1, CPIXELS_AFFINE_BICUBIC = 2 } cpixels_filter;

/// An image that is read or written; `channels` is 1 or 3, the stride is in bytes.
typedef struct {
  uint8_t *base;
  size_t stride;
  int32_t width;
  int32_t height;
  int32_t channels;
} cpixels_image;

/// Fills `target` from `source`, which is not written. The pixel whose middle is (x, y) in the target comes from
/// (m[0] x + m[1] y + m[2], m[3] x + m[4] y + m[5]); where that is outside of the source, the target stays as it is.
void cpixels_affine(
    const cpixels_image *source, const cpixels_image *target, const double *matrix, cpixels_filter filter);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
