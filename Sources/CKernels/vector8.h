// Vectors of eight floats, for kernels that must be fast whatever flags the package is built with: between
// ZK_VECTOR_CODE_BEGIN and ZK_VECTOR_CODE_END every function is compiled for AVX2 and FMA. Other architectures compile the
// same code for what they have.
#ifndef ZK_VECTOR8_H
#define ZK_VECTOR8_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#define ZK_VECTOR_CODE_BEGIN \
  _Pragma("clang attribute push(__attribute__((target(\"avx2,fma\"))), apply_to = function)")
#define ZK_VECTOR_CODE_END _Pragma("clang attribute pop")
#else
#define ZK_VECTOR_CODE_BEGIN
#define ZK_VECTOR_CODE_END
#endif

#define ZK_INLINE static inline __attribute__((always_inline))
#define ZK_UNROLL _Pragma("clang loop unroll(full)")

typedef float v8 __attribute__((vector_size(32)));
typedef float v8_unaligned __attribute__((vector_size(32), aligned(4)));
typedef float v4 __attribute__((vector_size(16)));
typedef float v4_unaligned __attribute__((vector_size(16), aligned(4)));

ZK_VECTOR_CODE_BEGIN

ZK_INLINE v8 v8_set(float value) { return (v8){value, value, value, value, value, value, value, value}; }

ZK_INLINE v8 v8_load(const float *from) { return *(const v8_unaligned *)from; }

ZK_INLINE void v8_store(float *to, v8 value) { *(v8_unaligned *)to = value; }

/// Past the caches: for a large result that nobody reads soon. `to` must be a multiple of 32 bytes.
ZK_INLINE void v8_stream(float *to, v8 value) { __builtin_nontemporal_store(value, (v8 *)to); }

/// The first `count` < 8 floats, and zeros.
ZK_INLINE v8 v8_load_part(const float *from, long count) {
  v8 value = {0};
  memcpy(&value, from, (size_t)count * sizeof(float));
  return value;
}

ZK_INLINE void v8_store_part(float *to, v8 value, long count) { memcpy(to, &value, (size_t)count * sizeof(float)); }

/// a·b + c, rounded once.
ZK_INLINE v8 v8_fma(v8 a, v8 b, v8 c) { return __builtin_elementwise_fma(a, b, c); }

ZK_INLINE v8 v8_sqrt(v8 value) { return __builtin_elementwise_sqrt(value); }

/// The larger of each pair; what is not a number stays so.
ZK_INLINE v8 v8_max(v8 a, v8 b) {
  typedef int32_t mask __attribute__((vector_size(32)));
  // `a` only where it is above b, and where a itself is not a number.
  mask keeps = (mask)(a > b) | (mask)(a != a);
  return (v8)(((mask)a & keeps) | ((mask)b & ~keeps));
}

/// −1, 0 or 1; not a number for what is not finite.
ZK_INLINE v8 v8_sign(v8 value) {
  typedef int32_t mask __attribute__((vector_size(32)));
  v8 sign = (v8)((mask)v8_set(1) & (mask)(value > v8_set(0))) - (v8)((mask)v8_set(1) & (mask)(value < v8_set(0)));
  return sign + (value - value);
}

/// max(value, 0); what is not a number stays so.
ZK_INLINE v8 v8_relu(v8 value) {
  typedef int32_t mask __attribute__((vector_size(32)));
  return (v8)((mask)value & ~(mask)(value < v8_set(0)));
}

ZK_INLINE v4 v4_relu(v4 value) {
  typedef int32_t mask __attribute__((vector_size(16)));
  return (v4)((mask)value & ~(mask)(value < (v4){0}));
}

/// The sums of four vectors' elements.
ZK_INLINE v4 v8_sum4(v8 a, v8 b, v8 c, v8 d) {
  // Each step adds neighbours: eight lanes of four vectors become four lanes of one.
  v8 ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) + __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
  v8 cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14) + __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);
  v8 all = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) + __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);
  return __builtin_shufflevector(all, all, 0, 1, 2, 3) + __builtin_shufflevector(all, all, 4, 5, 6, 7);
}

ZK_VECTOR_CODE_END

ZK_INLINE long zk_min(long a, long b) { return a < b ? a : b; }
ZK_INLINE long zk_max(long a, long b) { return a > b ? a : b; }
ZK_INLINE long zk_round_up(long count, long multiple) { return (count + multiple - 1) / multiple * multiple; }

#endif
