// A small, flat API over oneDNN that reads the same for 2.x (Debian 12) and 3.x.
//
// Shapes are arrays of `rank` extents, outermost first. Objects are created by `zdnn_*_create` and the primitive
// constructors, which return NULL on failure and leave the reason in `zdnn_last_error`. One thread at a time uses an
// engine and all that was made from it.
#ifndef CONEDNN_H
#define CONEDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct zdnn_engine zdnn_engine;
typedef struct zdnn_desc zdnn_desc;
typedef struct zdnn_primitive zdnn_primitive;
typedef struct zdnn_memory zdnn_memory;

/// Element types.
typedef enum { ZDNN_FLOAT32, ZDNN_BFLOAT16 } zdnn_type;

/// Memory layouts. PLAIN is row-major; ANY lets a primitive choose; BLOCKED8 and BLOCKED16 keep the channels (axis 1) in
/// blocks of 8 or 16 innermost, and of weights [G, O/G, I/G, kh, kw] the groups; CHANNELS_LAST has the channels innermost whole.
typedef enum { ZDNN_PLAIN, ZDNN_ANY, ZDNN_BLOCKED8, ZDNN_BLOCKED16, ZDNN_CHANNELS_LAST } zdnn_layout;

/// How a convolution is computed.
typedef enum { ZDNN_DIRECT, ZDNN_WINOGRAD } zdnn_algorithm;

/// What a pooling window computes; the averages count padding or do not.
typedef enum { ZDNN_POOL_MAX, ZDNN_POOL_AVERAGE_WITH_PADDING, ZDNN_POOL_AVERAGE } zdnn_pooling;

/// Functions of single elements.
typedef enum {
  ZDNN_IDENTITY, ZDNN_RELU, ZDNN_RELU6, ZDNN_SIGMOID, ZDNN_SILU, ZDNN_HARD_SIGMOID, ZDNN_HARD_SWISH, ZDNN_GELU, ZDNN_TANH
} zdnn_function;

/// What happens to a primitive's result: the previous contents of the destination are added, then a function is taken.
typedef struct {
  bool sum;
  zdnn_function function;
} zdnn_post;

/// The arguments of primitives.
typedef enum {
  ZDNN_SRC, ZDNN_DST, ZDNN_WEIGHTS, ZDNN_BIAS, ZDNN_MEAN, ZDNN_VARIANCE, ZDNN_SCALE, ZDNN_SHIFT,
  ZDNN_WORKSPACE, ZDNN_SCRATCHPAD, ZDNN_DIFF_SRC, ZDNN_DIFF_DST, ZDNN_DIFF_WEIGHTS, ZDNN_DIFF_BIAS, ZDNN_DIFF_SCALE,
  ZDNN_DIFF_SHIFT,
  /// Source number i of a concatenation or a sum is ZDNN_MULTIPLE_SRC + i.
  ZDNN_MULTIPLE_SRC = 1024
} zdnn_argument;

/// The reason of this thread's last failure.
const char *zdnn_last_error(void);

/// Whether the processor has AVX-512 as oneDNN's fastest float32 kernels need it.
bool zdnn_has_avx512(void);

/// oneDNN's version and the instructions that it makes kernels of: "oneDNN 2.6.3, avx2". Valid until the thread asks again.
const char *zdnn_platform(void);

/// The CPU engine with a stream.
zdnn_engine *_Nullable zdnn_engine_create(void);
void zdnn_engine_destroy(zdnn_engine *engine);

/// Sets the compute threads of primitives that the calling thread makes and runs from now on.
void zdnn_set_threads(int threads);

/// The most threads that OpenMP gives, as OMP_THREAD_LIMIT says. With more than these oneDNN would wait without end.
int zdnn_thread_limit(void);

// Memory descriptors

zdnn_desc *_Nullable zdnn_desc_create(int rank, const int64_t *extents, zdnn_type type, zdnn_layout layout);
/// The window of `extents` at `offsets`; NULL where the layout cannot express it.
zdnn_desc *_Nullable zdnn_desc_window(const zdnn_desc *desc, const int64_t *extents, const int64_t *offsets);
/// The same memory with its axes in another order: axis i of the result is axis order[i].
zdnn_desc *_Nullable zdnn_desc_permuted(const zdnn_desc *desc, const int *order);
void zdnn_desc_destroy(zdnn_desc *desc);
bool zdnn_desc_equal(const zdnn_desc *left, const zdnn_desc *right);
/// Writes at most 12 logical extents and returns the rank.
int zdnn_desc_extents(const zdnn_desc *desc, int64_t *extents);
/// Bytes, blocks' padding included.
size_t zdnn_desc_size(const zdnn_desc *desc);

// Memory

zdnn_memory *_Nullable zdnn_memory_create(zdnn_engine *engine, const zdnn_desc *desc, void *_Nullable data);
void zdnn_memory_destroy(zdnn_memory *memory);
/// Moves a memory to other bytes.
int zdnn_memory_set(zdnn_memory *memory, void *data);

// Primitives

/// A window that moves over an image: a convolution's or a pooling's. Dilation 1 is dense.
typedef struct {
  int64_t kernel[2], stride[2], dilation[2], padding_before[2], padding_after[2];
} zdnn_window;

/// `weights` is [O, I, kh, kw], or [G, O/G, I/G, kh, kw] with groups.
zdnn_primitive *_Nullable zdnn_convolution_forward(
    zdnn_engine *engine, zdnn_algorithm algorithm, bool training, const zdnn_desc *src, const zdnn_desc *weights,
    const zdnn_desc *_Nullable bias, const zdnn_desc *dst, const zdnn_window *window, zdnn_post post);
zdnn_primitive *_Nullable zdnn_convolution_backward_data(
    zdnn_engine *engine, zdnn_algorithm algorithm, const zdnn_desc *diff_src, const zdnn_desc *weights,
    const zdnn_desc *diff_dst, const zdnn_window *window, const zdnn_primitive *forward);
zdnn_primitive *_Nullable zdnn_convolution_backward_weights(
    zdnn_engine *engine, zdnn_algorithm algorithm, const zdnn_desc *src, const zdnn_desc *diff_weights,
    const zdnn_desc *_Nullable diff_bias, const zdnn_desc *diff_dst, const zdnn_window *window,
    const zdnn_primitive *forward);

/// src [N, I], weights [O, I], dst [N, O]. The backward passes take oneDNN's plain matrix product where `wants_gemm` and there is
/// one, and otherwise its first choice.
zdnn_primitive *_Nullable zdnn_linear_forward(
    zdnn_engine *engine, bool training, const zdnn_desc *src, const zdnn_desc *weights,
    const zdnn_desc *_Nullable bias, const zdnn_desc *dst, zdnn_post post);
zdnn_primitive *_Nullable zdnn_linear_backward_data(
    zdnn_engine *engine, bool wants_gemm, const zdnn_desc *diff_src, const zdnn_desc *weights,
    const zdnn_desc *diff_dst, const zdnn_primitive *forward);
zdnn_primitive *_Nullable zdnn_linear_backward_weights(
    zdnn_engine *engine, bool wants_gemm, const zdnn_desc *src, const zdnn_desc *diff_weights,
    const zdnn_desc *_Nullable diff_bias, const zdnn_desc *diff_dst, const zdnn_primitive *forward);

/// With scale and shift. Mean and variance are the batch's, unless it takes given ones; inference always does. For `training`
/// what the backward pass needs is kept.
zdnn_primitive *_Nullable zdnn_batch_norm_forward(
    zdnn_engine *engine, bool training, bool takes_statistics, const zdnn_desc *src, float epsilon, bool fuse_relu);
zdnn_primitive *_Nullable zdnn_batch_norm_backward(
    zdnn_engine *engine, bool takes_statistics, const zdnn_desc *src, const zdnn_desc *diff, float epsilon,
    bool fuse_relu, const zdnn_primitive *forward);
/// Whether backward takes the shift too: 2.x asks for it, 3.x refuses it.
bool zdnn_batch_norm_backward_takes_shift(void);

zdnn_primitive *_Nullable zdnn_pooling_forward(
    zdnn_engine *engine, zdnn_pooling pooling, bool training, const zdnn_desc *src, const zdnn_desc *dst,
    const zdnn_window *window);
zdnn_primitive *_Nullable zdnn_pooling_backward(
    zdnn_engine *engine, zdnn_pooling pooling, const zdnn_desc *diff_src, const zdnn_desc *diff_dst,
    const zdnn_window *window, const zdnn_primitive *forward);

/// Across channels: x / (k + alpha / size · Σ x²)^beta.
zdnn_primitive *_Nullable zdnn_lrn_forward(
    zdnn_engine *engine, bool training, const zdnn_desc *src, int64_t size, float alpha, float beta, float k);
zdnn_primitive *_Nullable zdnn_lrn_backward(
    zdnn_engine *engine, const zdnn_desc *src, const zdnn_desc *diff, int64_t size, float alpha, float beta, float k,
    const zdnn_primitive *forward);

/// Copies between layouts.
zdnn_primitive *_Nullable zdnn_reorder(zdnn_engine *engine, const zdnn_desc *src, const zdnn_desc *dst);
/// Along axis 1.
zdnn_primitive *_Nullable zdnn_concat(
    zdnn_engine *engine, int count, const zdnn_desc *const _Nonnull *_Nonnull sources, const zdnn_desc *dst);

void zdnn_primitive_destroy(zdnn_primitive *primitive);
/// What the primitive chose for an argument, to be destroyed by the caller; NULL when it has no such argument.
zdnn_desc *_Nullable zdnn_primitive_desc(const zdnn_primitive *primitive, int argument);
/// oneDNN's name of the kernel, `jit:avx2`.
const char *zdnn_primitive_implementation(const zdnn_primitive *primitive);
/// Runs on the engine's stream and waits.
int zdnn_execute(
    zdnn_engine *engine, const zdnn_primitive *primitive, int count, const int *arguments,
    zdnn_memory *const _Nonnull *_Nonnull memories);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
