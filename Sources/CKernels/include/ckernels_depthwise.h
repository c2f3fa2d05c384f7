// The weights' gradient of depthwise convolutions, for the kernels that oneDNN leaves to general code: 5×5, 7×7 and others.
#ifndef CKERNELS_DEPTHWISE_H
#define CKERNELS_DEPTHWISE_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// A depthwise convolution of float32 images in blocks of 8 or 16 channels, [N, blocks, H, W, lanes].
typedef struct {
  long images, blocks, lanes;
  long in_height, in_width, out_height, out_width;
  long kernel_height, kernel_width, stride_height, stride_width, pad_top, pad_left;
} zk_depthwise;

/// The floats of scratch memory of `zk_depthwise_weights`.
long zk_depthwise_scratch(const zk_depthwise *convolution, int threads);

/// The sums over images and pixels: weights [blocks, kh, kw, lanes], and of the gradient alone for the bias,
/// [blocks, lanes], when there is one. Kernels have at most 256 taps.
void zk_depthwise_weights(
    const zk_depthwise *convolution, const float *source, const float *gradient, float *weights, float *_Nullable bias,
    float *scratch, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
