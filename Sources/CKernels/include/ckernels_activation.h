// Functions of single elements and their derivatives. Buffers are float32, and each call splits its work over `threads`.
#ifndef CKERNELS_ACTIVATION_H
#define CKERNELS_ACTIVATION_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// The functions, as PyTorch defines them.
typedef enum {
  ZK_RELU,
  ZK_RELU6,
  ZK_SIGMOID,
  ZK_SILU,
  ZK_HARD_SIGMOID,
  ZK_HARD_SWISH,
  ZK_GELU,
  ZK_TANH
} zk_function;

/// result = f(source); NaN stays NaN. The two may be the same memory.
void zk_activation(zk_function function, const float *source, float *result, long count, int threads);

/// result = f′(source) · gradient, at corners PyTorch's derivative. Any two may be the same memory.
void zk_activation_backward(
    zk_function function, const float *source, const float *gradient, float *result, long count, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
