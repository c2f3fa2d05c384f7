#include "attention_plan.h"
#include "targets.h"

// Numbers of a cache line, at which threads' sums begin.
enum { LINE = 16 };

static long lines(long floats) { return (floats + LINE - 1) / LINE * LINE; }

long zk_attention_bias_count(const zk_attention *attention) {
  zk_attention_plan plan = zk_plan_attention(attention);
  return attention->heads * plan.tokens * plan.row;
}

long zk_attention_kept_count(const zk_attention *attention) {
  return 2 * attention->batch * attention->height * attention->width * attention->heads;
}

/// Matrices of all threads, and their sums behind.
static long matrices(const zk_attention_plan *plan) {
  return lines(plan->attention->threads * zk_attention_thread_floats(plan));
}

size_t zk_attention_scratch_bytes(const zk_attention *attention, bool backward, bool dbias) {
  zk_attention_plan plan = zk_plan_attention(attention);
  long sums = backward ? attention->heads + (dbias ? zk_attention_bias_count(attention) : 0) : 0;
  return (size_t)(matrices(&plan) + lines(attention->threads * sums)) * sizeof(float);
}

/// Runs a pass by the widest vectors that the processor has.
static void run(zk_attention_job *job, bool backward) {
  zk_task task = backward ? zk_attention_backward_generic : zk_attention_forward_generic;
#if defined(__x86_64__)
  switch (zk_instructions()) {
  case ZK_AVX512: task = backward ? zk_attention_backward_avx512 : zk_attention_forward_avx512; break;
  case ZK_AVX2: task = backward ? zk_attention_backward_avx2 : zk_attention_forward_avx2; break;
  case ZK_BASELINE: break;
  }
#endif
  zk_parallel(job->plan.attention->threads, task, job);
}

void zk_attention_forward(
    const zk_attention *attention, const zk_attention_terms *terms, const float *qkv, float *output, float *kept,
    void *scratch) {
  zk_attention_job job = {
      .plan = zk_plan_attention(attention), .terms = terms, .qkv = qkv, .output = output, .kept = kept,
      .scratch = scratch};
  run(&job, false);
}

/// result = the sum of the threads' sums, in their order.
static void gather_sums(const float *sums, long count, int threads, float *result) {
  memcpy(result, sums, (size_t)count * sizeof(float));
  for (int thread = 1; thread < threads; thread++)
    for (long i = 0; i < count; i++) result[i] += sums[thread * count + i];
}

void zk_attention_backward(
    const zk_attention *attention, const zk_attention_terms *terms, const float *qkv, const float *kept,
    const float *doutput, float *dqkv, float *dbias, float *dlogit_scale, void *scratch) {
  zk_attention_job job = {
      .plan = zk_plan_attention(attention), .terms = terms, .qkv = qkv, .doutput = doutput, .kept = (float *)kept,
      .dqkv = dqkv, .scratch = scratch};
  float *sums = job.scratch + matrices(&job.plan);
  long count = zk_attention_bias_count(attention);
  if (dlogit_scale) job.dlogit_scale = sums;
  if (dbias) job.dbias = sums + attention->threads * attention->heads;
  run(&job, true);
  if (dbias) gather_sums(job.dbias, count, attention->threads, dbias);
  if (dlogit_scale) gather_sums(job.dlogit_scale, attention->heads, attention->threads, dlogit_scale);
}
