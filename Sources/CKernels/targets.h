// Plain loops that a compiler turns into vectors, for the instructions that the processor at hand has: a file of loops is
// included once for each set, and `zk_instructions` says which to call.
#ifndef ZK_TARGETS_H
#define ZK_TARGETS_H

#include "ckernels_parallel.h"

/// The sets of instructions that loops are compiled for.
enum zk_instructions { ZK_BASELINE, ZK_AVX2, ZK_AVX512 };

static inline enum zk_instructions zk_instructions(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return ZK_AVX512;
#endif
  return zk_has_avx2() ? ZK_AVX2 : ZK_BASELINE;
}

#if defined(__x86_64__)
#define ZK_AVX2_CODE_BEGIN _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define ZK_AVX512_CODE_BEGIN \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,fma,avx512f,avx512dq,avx512bw,avx512vl\"))), apply_to = function)")
#define ZK_TARGET_CODE_END _Pragma("clang attribute pop")
#else
#define ZK_AVX2_CODE_BEGIN
#define ZK_AVX512_CODE_BEGIN
#define ZK_TARGET_CODE_END
#endif

/// In front of a loop whose rounds do not depend on each other, also where a result takes the place of its source.
#define ZK_EACH _Pragma("clang loop vectorize(assume_safety)")

#define ZK_JOIN_(name, suffix) name##suffix
#define ZK_JOIN(name, suffix) ZK_JOIN_(name, suffix)
/// The name of a function in a file of loops.
#define ZK_NAME(name) ZK_JOIN(name, ZK_SUFFIX)

/// Calls the loop of a name for the processor's instructions.
#define ZK_CALL(name, ...) \
  do { \
    switch (zk_instructions()) { \
    case ZK_AVX512: name##_avx512(__VA_ARGS__); break; \
    case ZK_AVX2: name##_avx2(__VA_ARGS__); break; \
    case ZK_BASELINE: name##_baseline(__VA_ARGS__); break; \
    } \
  } while (0)

#endif
