// Vectors of eight floats, and what a hot function must carry: a package may pass no compiler flags, so each names its target.
#ifndef ZK_WINOGRAD_VECTOR_H
#define ZK_WINOGRAD_VECTOR_H

#if defined(__x86_64__)
#define ZK_HOT __attribute__((target("avx2,fma")))
#else
#define ZK_HOT
#endif

#define ZK_INLINE static inline __attribute__((always_inline)) ZK_HOT

typedef float zk_v8 __attribute__((vector_size(32)));
typedef float zk_v8_unaligned __attribute__((vector_size(32), aligned(4)));

ZK_INLINE zk_v8 zk_load(const float *p) { return *(const zk_v8 *)p; }
ZK_INLINE zk_v8 zk_load_unaligned(const float *p) { return *(const zk_v8_unaligned *)p; }
ZK_INLINE void zk_store(float *p, zk_v8 v) { *(zk_v8 *)p = v; }
ZK_INLINE void zk_store_unaligned(float *p, zk_v8 v) { *(zk_v8_unaligned *)p = v; }
ZK_INLINE zk_v8 zk_splat(float x) { return (zk_v8){x, x, x, x, x, x, x, x}; }
ZK_INLINE zk_v8 zk_zero(void) { return (zk_v8){0, 0, 0, 0, 0, 0, 0, 0}; }

/// The larger of the two, lane by lane; not-a-number stays.
ZK_INLINE zk_v8 zk_at_least(zk_v8 v, zk_v8 least) {
  typedef int bits __attribute__((vector_size(32)));
  bits below = v < least;
  return (zk_v8)((below & (bits)least) | (~below & (bits)v));
}

/// The transpose of eight rows of eight, in place.
ZK_INLINE void zk_transpose(zk_v8 r[8]) {
  zk_v8 a[8], b[8];
  for (int i = 0; i < 8; i += 2) {
    a[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    a[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
  for (int i = 0; i < 8; i += 4) {
    b[i] = __builtin_shufflevector(a[i], a[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    b[i + 1] = __builtin_shufflevector(a[i], a[i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    b[i + 2] = __builtin_shufflevector(a[i + 1], a[i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
    b[i + 3] = __builtin_shufflevector(a[i + 1], a[i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
  }
  for (int i = 0; i < 4; i++) {
    r[i] = __builtin_shufflevector(b[i], b[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    r[i + 4] = __builtin_shufflevector(b[i], b[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
  }
}

#endif
