// Passes over maps and rows of tokens, plain float32.
#ifndef CKERNELS_TOKENS_H
#define CKERNELS_TOKENS_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// source [batch, height, width, features] → result [batch, new_height, new_width, features]: cut, or filled with zeros, below
/// and on the right.
void zk_tokens_resize(
    const float *source, float *result, long batch, long height, long width, long new_height, long new_width,
    long features, int threads);

/// source [batch, height, width, features] → result [batch, ⌈height/2⌉, ⌈width/2⌉, 4, features]: of each 2 × 2 tokens the upper
/// left, the lower left, the upper right and the lower right one, zeros where one is missing.
void zk_tokens_merge(
    const float *source, float *result, long batch, long height, long width, long features, int threads);

/// The way back: the derivative of the source from that of the result.
void zk_tokens_merge_backward(
    const float *gradient, float *result, long batch, long height, long width, long features, int threads);

/// source [batch, tokens, features] → result [batch, 1 + tokens, features], with `first` [features] in front.
void zk_tokens_prepend(
    const float *source, const float *first, float *result, long batch, long tokens, long features, int threads);

/// The way back: [batch, 1 + tokens, features] without the first token.
void zk_tokens_drop_first(
    const float *gradient, float *result, long batch, long tokens, long features, int threads);

/// result = source + addend for each of `batch` rows of `count` numbers. Source and result may be the same memory.
void zk_add_to_rows(const float *source, const float *addend, float *result, long batch, long count, int threads);

/// result[i] = Σ over `rows` rows, `stride` numbers apart, of source[i], for i below `count`.
void zk_sum_of_rows(const float *source, long rows, long stride, float *result, long count, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
