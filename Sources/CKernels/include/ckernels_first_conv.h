#ifndef CKERNELS_FIRST_CONV_H
#define CKERNELS_FIRST_CONV_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A convolution over few channels, as a network's first is: src [batch, channels, height, width] plain, weights [outputs,
/// channels, kernel_height, kernel_width] plain, dst oneDNN's nChw8c: [batch, ⌈outputs/8⌉, out_height, out_width, 8], where
/// channels past `outputs` are zeros. Every size is at least 1, padding at least 0 and smaller than the kernel; what the last
/// windows reach beyond height or width is zero too, so the padding on that side need not be said. float32.
///
/// Results are the same bytes for any number of threads. `scratch` is 64-byte aligned, of zk_first_conv_scratch_bytes, and
/// holds nothing between calls.
typedef struct zk_first_conv {
  long batch, channels, height, width;
  long outputs, kernel_height, kernel_width;
  long stride_height, stride_width;
  /// Rows of zeros above, and columns of zeros left of the image.
  long pad_top, pad_left;
  long out_height, out_width;
  int threads;
} zk_first_conv;

/// What either pass needs as scratch, in bytes.
size_t zk_first_conv_scratch_bytes(const zk_first_conv *_Nonnull conv);

/// dst = src ∗ weights + bias, then max(dst, 0) if `relu`. No bias when it is NULL.
void zk_first_conv_forward(
    const zk_first_conv *_Nonnull conv, const float *_Nonnull src, const float *_Nonnull weights,
    const float *_Nullable bias, bool relu, float *_Nonnull dst, void *_Nonnull scratch);

/// dw and db from dy (nChw8c, 32-byte aligned), or dw += and db += if `accumulate`. No db when it is NULL.
void zk_first_conv_backward_weights(
    const zk_first_conv *_Nonnull conv, const float *_Nonnull src, const float *_Nonnull dy, bool accumulate,
    float *_Nonnull dw, float *_Nullable db, void *_Nonnull scratch);

#ifdef __cplusplus
}
#endif

#endif
