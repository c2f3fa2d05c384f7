#ifndef CKERNELS_PARALLEL_H
#define CKERNELS_PARALLEL_H

#ifdef __cplusplus
extern "C" {
#endif

/// Work for one thread of a team: `thread` is in [0, threads).
typedef void (*zk_task)(void *_Nullable context, int thread, int threads);

/// Runs `task` once on each of `threads` threads and waits for them all. The team is libgomp's, which oneDNN uses too, so
/// that its threads are warm and never more than `threads`.
void zk_parallel(int threads, zk_task _Nonnull task, void *_Nullable context);

/// The part [*begin, *end) of `count` items that belongs to a thread, in multiples of `grain` but for the last part.
void zk_split(long count, long grain, int thread, int threads, long *_Nonnull begin, long *_Nonnull end);

#ifdef __cplusplus
}
#endif

#endif
