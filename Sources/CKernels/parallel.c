#include "ckernels_parallel.h"

// libgomp's entry points, which the compiler would call for `#pragma omp parallel`: Swift's clang has no OpenMP of its own.
extern void GOMP_parallel(void (*function)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);

struct zk_team {
  zk_task task;
  void *context;
  int parts;
};

// libgomp gives fewer members than asked for inside another team, and under OMP_THREAD_LIMIT or OMP_DYNAMIC.
static void zk_run_member(void *data) {
  const struct zk_team *team = data;
  int members = omp_get_num_threads();
  for (int part = omp_get_thread_num(); part < team->parts; part += members) team->task(team->context, part, team->parts);
}

void zk_parallel(int threads, zk_task task, void *context) {
  if (threads <= 1) {
    task(context, 0, 1);
    return;
  }
  struct zk_team team = {task, context, threads};
  GOMP_parallel(zk_run_member, &team, (unsigned)threads, 0);
}

void zk_split(long count, long grain, int thread, int threads, long *begin, long *end) {
  long blocks = (count + grain - 1) / grain;
  long share = blocks / threads, extra = blocks % threads;
  long first = thread * share + (thread < extra ? thread : extra);
  long last = first + share + (thread < extra ? 1 : 0);
  *begin = first * grain < count ? first * grain : count;
  *end = last * grain < count ? last * grain : count;
}

bool zk_has_avx2(void) {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return false;
#endif
}
