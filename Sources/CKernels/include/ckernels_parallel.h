#ifndef CKERNELS_PARALLEL_H
#define CKERNELS_PARALLEL_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One of `threads` parts of some work: `thread` is in [0, threads). Parts may not wait for each other.
typedef void (*zk_task)(void *_Nullable context, int thread, int threads);

/// Runs the `threads` parts of `task`, each on a thread of its own where there are so many, and waits for them all. The team is
/// libgomp's, which oneDNN uses too, so that its threads are warm and never more than `threads`. Where libgomp gives fewer, a
/// thread runs several parts: all parts run in any case, and what they compute is the same.
void zk_parallel(int threads, zk_task _Nonnull task, void *_Nullable context);

/// The part [*begin, *end) of `count` items that belongs to a thread, in multiples of `grain` but for the last part.
void zk_split(long count, long grain, int thread, int threads, long *_Nonnull begin, long *_Nonnull end);

/// Whether this processor runs the kernels of this module: AVX2 with fused multiply-add. Elsewhere oneDNN's must be taken;
/// calling a kernel without asking first is an illegal instruction.
bool zk_has_avx2(void);

#ifdef __cplusplus
}
#endif

#endif
