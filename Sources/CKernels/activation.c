#include "ckernels_activation.h"
#include "targets.h"

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define ZK_SUFFIX _baseline
#include "activation_loops.h"
#undef ZK_SUFFIX
ZK_AVX2_CODE_BEGIN
#define ZK_SUFFIX _avx2
#include "activation_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
ZK_AVX512_CODE_BEGIN
#define ZK_SUFFIX _avx512
#include "activation_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END

// Parts smaller than this many elements are not worth a second thread.
enum { grain = 2048 };

struct job {
  zk_function function;
  const float *source, *gradient;
  float *result;
  long count;
};

static void part(void *context, int thread, int threads) {
  const struct job *job = context;
  long begin, end;
  zk_split(job->count, grain, thread, threads, &begin, &end);
  if (job->gradient)
    ZK_CALL(backward, job->function, job->source, job->gradient, job->result, begin, end);
  else
    ZK_CALL(forward, job->function, job->source, job->result, begin, end);
}

void zk_activation(zk_function function, const float *source, float *result, long count, int threads) {
  struct job job = {function, source, NULL, result, count};
  zk_parallel(count < 2 * grain ? 1 : threads, part, &job);
}

void zk_activation_backward(
    zk_function function, const float *source, const float *gradient, float *result, long count, int threads) {
  struct job job = {function, source, gradient, result, count};
  zk_parallel(count < 2 * grain ? 1 : threads, part, &job);
}
