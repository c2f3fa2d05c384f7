#include "ccrc.h"

#include <zlib.h>

uint32_t zoo_crc32_combine(uint32_t first, uint32_t second, int64_t second_count) {
  return (uint32_t)crc32_combine(first, second, (z_off_t)second_count);
}

#if defined(__x86_64__)

#include <immintrin.h>

// Folding, after V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel,
// 2009): a remainder modulo P does not change when 128 bits are replaced by their product with x^n mod P, n bits further
// on. Four registers of 128 bits step over the bytes, are folded into one, and what that one holds is a message of 16
// bytes with the same checksum.

/// A register moved on by the distance of `constants` (x^(n+32) mod P and x^(n-32) mod P, reflected), plus what is there.
__attribute__((target("pclmul,sse2"))) static inline __m128i fold(__m128i value, __m128i constants, __m128i there) {
  const __m128i low = _mm_clmulepi64_si128(value, constants, 0x00);
  const __m128i high = _mm_clmulepi64_si128(value, constants, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), there);
}

/// Folds a multiple of 16 bytes, at least 64, into 16.
__attribute__((target("pclmul,sse2"))) static void fold_all(
    uint32_t state, const uint8_t *bytes, size_t count, uint8_t folded[16]) {
  const __m128i by512 = _mm_set_epi64x(0x01c6e41596, 0x0154442bd4);
  const __m128i by128 = _mm_set_epi64x(0x00ccaa009e, 0x01751997d0);
  const __m128i *next = (const __m128i *)bytes;
  const __m128i *end = next + count / 16;
  __m128i first = _mm_xor_si128(_mm_loadu_si128(next), _mm_cvtsi32_si128((int)state));
  __m128i second = _mm_loadu_si128(next + 1);
  __m128i third = _mm_loadu_si128(next + 2);
  __m128i fourth = _mm_loadu_si128(next + 3);
  for (next += 4; end - next >= 4; next += 4) {
    first = fold(first, by512, _mm_loadu_si128(next));
    second = fold(second, by512, _mm_loadu_si128(next + 1));
    third = fold(third, by512, _mm_loadu_si128(next + 2));
    fourth = fold(fourth, by512, _mm_loadu_si128(next + 3));
  }
  first = fold(first, by128, second);
  first = fold(first, by128, third);
  first = fold(first, by128, fourth);
  for (; next < end; next++) first = fold(first, by128, _mm_loadu_si128(next));
  _mm_storeu_si128((__m128i *)folded, first);
}

uint32_t zoo_crc32(uint32_t crc, const void *bytes, size_t count) {
  if (count == 0) return crc;  // zlib takes a null pointer for a request to begin anew
  if (count < 64 || !__builtin_cpu_supports("pclmul")) return (uint32_t)crc32_z(crc, bytes, count);
  const size_t whole = count & ~(size_t)15;
  uint8_t folded[16];
  fold_all(~crc, bytes, whole, folded);
  // zlib inverts what it is given and what it gives: this is a state of 0.
  const uint32_t done = (uint32_t)crc32_z(0xFFFFFFFF, folded, sizeof folded);
  return (uint32_t)crc32_z(done, (const uint8_t *)bytes + whole, count - whole);
}

#else

uint32_t zoo_crc32(uint32_t crc, const void *bytes, size_t count) {
  return count == 0 ? crc : (uint32_t)crc32_z(crc, bytes, count);
}

#endif
