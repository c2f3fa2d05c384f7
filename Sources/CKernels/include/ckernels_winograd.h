#ifndef CKERNELS_WINOGRAD_H
#define CKERNELS_WINOGRAD_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A convolution of stride 1, dilation 1 and one group, to be computed by Winograd's minimal filtering (Lavin and Gray,
/// "Fast Algorithms for Convolutional Neural Networks", 2015).
///
/// Activations are float32 in blocks of eight channels, `[batch][channels / 8][height][width][8]` (oneDNN's `nChw8c`), where
/// the channels that fill up the last block are zero; weights and their gradients are `[output][input][kernel][kernel]`.
/// Everything but plain weights, bias and their gradients must be aligned to 32 bytes, scratch and transformed weights to 64.
typedef struct zk_winograd_shape {
  long batch;
  long input_channels;
  long output_channels;
  /// Of the input.
  long height;
  long width;
  /// 3 or 5, in both directions.
  long kernel;
  /// Zeros around the input, 0 to kernel - 1.
  long padding_y;
  long padding_x;
} zk_winograd_shape;

typedef struct zk_winograd zk_winograd;

typedef enum zk_winograd_pass {
  ZK_WINOGRAD_FORWARD = 0,
  ZK_WINOGRAD_BACKWARD_DATA = 1,
  ZK_WINOGRAD_BACKWARD_WEIGHTS = 2,
} zk_winograd_pass;

/// A plan for the shape on up to `threads` threads, or NULL when it is not supported (a processor without AVX2 and FMA, another
/// kernel, a padding of kernel or more, for 3x3 an input or output of fewer than 3 rows or columns, out of memory). A plan is
/// immutable: threads may share it, each with its own scratch.
///
/// Against sums in double precision, post-ReLU inputs and He weights, the largest error is within 1e-4 of the root mean square of
/// the output (192 channels: 6e-5 for 3x3, 2e-5 for 5x5 with 64; plain float sums: 5e-6). Scratch and transformed weights are
/// faster on huge pages.
zk_winograd *_Nullable zk_winograd_create(const zk_winograd_shape *_Nonnull shape, int threads);

void zk_winograd_destroy(zk_winograd *_Nullable plan);

/// Bytes of transformed weights for ZK_WINOGRAD_FORWARD or ZK_WINOGRAD_BACKWARD_DATA (0 for ZK_WINOGRAD_BACKWARD_WEIGHTS).
size_t zk_winograd_weights_bytes(const zk_winograd *_Nonnull plan, zk_winograd_pass pass);

/// Bytes of scratch that the pass needs; what is in it before and afterwards does not matter.
size_t zk_winograd_scratch_bytes(const zk_winograd *_Nonnull plan, zk_winograd_pass pass);

/// Multiplications that direct convolution makes for each one that this plan's matrix products make.
double zk_winograd_saving(const zk_winograd *_Nonnull plan);

/// Transforms the weights for ZK_WINOGRAD_FORWARD or ZK_WINOGRAD_BACKWARD_DATA. To be repeated whenever the weights change.
void zk_winograd_transform_weights(
    const zk_winograd *_Nonnull plan, zk_winograd_pass pass, const float *_Nonnull weights, float *_Nonnull transformed);

/// `dst = src * weights + bias`, then ReLU if `relu` is not 0. `bias` may be NULL. Channels of dst that fill up the last block
/// are written as zeros. The result is the same, to the bit, for any number of threads.
void zk_winograd_forward(
    const zk_winograd *_Nonnull plan, const float *_Nonnull src, const float *_Nonnull transformed,
    const float *_Nullable bias, float *_Nonnull dst, int relu, void *_Nonnull scratch);

/// The gradient of the input, given the gradient of the output. The same for any number of threads.
void zk_winograd_backward_data(
    const zk_winograd *_Nonnull plan, const float *_Nonnull diff_dst, const float *_Nonnull transformed,
    float *_Nonnull diff_src, void *_Nonnull scratch);

/// The gradients of weights and bias (which may be NULL); both are overwritten. The same for any number of threads.
void zk_winograd_backward_weights(
    const zk_winograd *_Nonnull plan, const float *_Nonnull src, const float *_Nonnull diff_dst,
    float *_Nonnull diff_weights, float *_Nullable diff_bias, void *_Nonnull scratch);

#ifdef __cplusplus
}
#endif

#endif
