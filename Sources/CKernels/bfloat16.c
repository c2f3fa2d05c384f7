#include "ckernels_bfloat16.h"
#include "ckernels_parallel.h"

#include <stdint.h>
#include <string.h>

// Parts smaller than this many elements are not worth a second thread.
enum { grain = 4096, lanes = 8 };

// Integers alone: vectors of them are in every processor, and no mode of the floating-point unit matters.
typedef uint32_t words __attribute__((vector_size(4 * lanes)));
typedef int32_t integers __attribute__((vector_size(4 * lanes)));

struct rounding {
  const float *source;
  float *result;
  long count;
};

static inline void round_words(const float *source, float *result, size_t count) {
  words bits = {0};
  memcpy(&bits, source, count * sizeof(float));
  // Just below half a step of the upper half, and exactly half where its last bit is 1: the carry rounds up.
  words nearest = bits + 0x7FFFu + (bits >> 16 & 1u);
  // The carry of a NaN could run into the sign, or its only set bits be cut off: it is made a quiet one instead.
  words is_nan = (words)((integers)(bits & 0x7FFFFFFFu) > (integers){0} + 0x7F800000);
  bits = ((nearest & ~is_nan) | ((bits | 0x00400000u) & is_nan)) & 0xFFFF0000u;
  memcpy(result, &bits, count * sizeof(float));
}

static void rounding_part(void *context, int thread, int threads) {
  const struct rounding *job = context;
  long begin, end;
  zk_split(job->count, grain, thread, threads, &begin, &end);
  long i = begin;
  for (; i + lanes <= end; i += lanes) round_words(job->source + i, job->result + i, lanes);
  if (i < end) round_words(job->source + i, job->result + i, (size_t)(end - i));
}

void zk_round_bfloat16(const float *source, float *result, long count, int threads) {
  struct rounding job = {source, result, count};
  zk_parallel(count < 2 * grain ? 1 : threads, rounding_part, &job);
}
