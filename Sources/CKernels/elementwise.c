#include "ckernels_elementwise.h"
#include "targets.h"

#include <math.h>
#include <stddef.h>

#define ZK_SUFFIX _baseline
#include "elementwise_loops.h"
#undef ZK_SUFFIX
ZK_AVX2_CODE_BEGIN
#define ZK_SUFFIX _avx2
#include "elementwise_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END
ZK_AVX512_CODE_BEGIN
#define ZK_SUFFIX _avx512
#include "elementwise_loops.h"
#undef ZK_SUFFIX
ZK_TARGET_CODE_END

// Parts smaller than this many elements are not worth a second thread.
enum { grain = 4096 };

struct map {
  const float *left, *right;
  float *result;
  long count;
  int relu;
};

static int team(long count, int threads) { return count < 2 * grain ? 1 : threads; }

// A ReLU keeps what is not a number, as PyTorch's does: a run that diverges has to be seen in its loss.

static void relu_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end;
  zk_split(map->count, grain, thread, threads, &begin, &end);
  ZK_CALL(relu, map->left, map->result, begin, end);
}

void zk_relu(const float *source, float *result, long count, int threads) {
  struct map map = {source, NULL, result, count, 0};
  zk_parallel(team(count, threads), relu_part, &map);
}

static void relu_backward_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end;
  zk_split(map->count, grain, thread, threads, &begin, &end);
  ZK_CALL(relu_backward, map->left, map->right, map->result, begin, end);
}

void zk_relu_backward(const float *output, const float *gradient, float *result, long count, int threads) {
  struct map map = {output, gradient, result, count, 0};
  zk_parallel(team(count, threads), relu_backward_part, &map);
}

static void add_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end;
  zk_split(map->count, grain, thread, threads, &begin, &end);
  if (map->relu)
    ZK_CALL(add_relu, map->left, map->right, map->result, begin, end);
  else
    ZK_CALL(add, map->left, map->right, map->result, begin, end);
}

void zk_add(const float *left, const float *right, float *result, long count, int relu, int threads) {
  struct map map = {left, right, result, count, relu};
  zk_parallel(team(count, threads), add_part, &map);
}

// Dropout

enum { lanes = 16 };

/// `lanes` consecutive blocks of Philox4x32-10 (Salmon et al. 2011), word-major: out[word][lane].
static void philox(uint32_t first, const uint32_t counter[4], const uint32_t key[2], uint32_t out[4][lanes]) {
  uint32_t a[lanes], b[lanes], c[lanes], d[lanes];
  for (int i = 0; i < lanes; i++) {
    a[i] = first + (uint32_t)i;
    b[i] = counter[1];
    c[i] = counter[2];
    d[i] = counter[3];
  }
  uint32_t k0 = key[0], k1 = key[1];
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < lanes; i++) {
      uint64_t x = (uint64_t)0xD2511F53u * a[i];
      uint64_t y = (uint64_t)0xCD9E8D57u * c[i];
      a[i] = (uint32_t)(y >> 32) ^ b[i] ^ k0;
      b[i] = (uint32_t)y;
      c[i] = (uint32_t)(x >> 32) ^ d[i] ^ k1;
      d[i] = (uint32_t)x;
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int i = 0; i < lanes; i++) {
    out[0][i] = a[i];
    out[1][i] = b[i];
    out[2][i] = c[i];
    out[3][i] = d[i];
  }
}

struct dropout {
  const float *source;
  float *result;
  long count;
  uint32_t threshold;
  float scale;
  const uint32_t *counter, *key;
};

static void dropout_part(void *context, int thread, int threads) {
  const struct dropout *job = context;
  long begin, end;
  zk_split(job->count, 4 * lanes, thread, threads, &begin, &end);
  for (long at = begin; at < end; at += 4 * lanes) {
    uint32_t words[4][lanes];
    philox((uint32_t)(at / 4), job->counter, job->key, words);
    long most = end - at < 4 * lanes ? end - at : 4 * lanes;
    for (long i = 0; i < most; i++) {
      uint32_t word = words[i & 3][i >> 2] >> 8;
      job->result[at + i] = word < job->threshold ? 0 : job->source[at + i] * job->scale;
    }
  }
}

void zk_dropout(
    const float *source, float *result, long count, double probability, const uint32_t counter[4],
    const uint32_t key[2], int threads) {
  // A uniform number in [0, 1) of 24 bits is below p exactly when the bits are below p · 2^24.
  struct dropout job = {
      source, result, count, (uint32_t)ceil(probability * 16777216.0), (float)(1 / (1 - probability)), counter, key};
  zk_parallel(team(count, threads), dropout_part, &job);
}

// Statistics

int zk_all_finite(const float *values, long count) {
  for (long i = 0; i < count; i++)
    if (!isfinite(values[i])) return 0;
  return 1;
}

void zk_running_statistics(
    float *running_mean, float *running_variance, const float *mean, const float *variance, long channels,
    double momentum, double samples) {
  float keep = (float)(1 - momentum), take = (float)momentum, unbiased = (float)(momentum * samples / (samples - 1));
  for (long c = 0; c < channels; c++) {
    running_mean[c] = keep * running_mean[c] + take * mean[c];
    running_variance[c] = keep * running_variance[c] + unbiased * variance[c];
  }
}
