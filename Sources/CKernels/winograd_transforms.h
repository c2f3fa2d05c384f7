// Winograd's transforms along one axis.
//
// A tile of m outputs of a kernel of r taps takes n = m + r - 1 inputs and as many multiplications, one for each of n points:
//   0 is infinity, 1 is 0, then 1, -1, 2, -2, 1/2, -1/2.
// A smaller n takes the first n of these, so that the transformed kernel of the largest tile holds those of all smaller ones,
// and tiles of two sizes that cover an output exactly (13 = 5 + 4 + 4) share one matrix product per point.
//
//   y = A^T [ (G g) . (B^T d) ]          output, from kernel g and input d
//   G and A evaluate the polynomial with the given coefficients at the points (zk_evaluate);
//   their transposes are zk_collect; B^T is the transpose of interpolation (zk_interpolate).
#ifndef ZK_WINOGRAD_TRANSFORMS_H
#define ZK_WINOGRAD_TRANSFORMS_H

#include "winograd_vector.h"

enum { ZK_MAX_POINTS = 8 };

/// v[i] = the polynomial with `count` coefficients c at point i, for the first n points.
ZK_INLINE void zk_evaluate(int n, int count, const zk_v8 *c, zk_v8 *v) {
  v[0] = c[count - 1];
  v[1] = c[0];
  for (int pair = 0; 2 * pair + 2 < n; pair++) {
    const float x = pair == 0 ? 1.0f : pair == 1 ? 2.0f : 0.5f, square = x * x;
    int even_top = (count - 1) & ~1, odd_top = (count - 2) | 1;
    zk_v8 even = c[even_top];
    for (int k = even_top - 2; k >= 0; k -= 2) even = even * square + c[k];
    if (count == 1) {
      v[2 * pair + 2] = even;
      if (2 * pair + 3 < n) v[2 * pair + 3] = even;
      continue;
    }
    zk_v8 odd = c[odd_top];
    for (int k = odd_top - 2; k >= 1; k -= 2) odd = odd * square + c[k];
    v[2 * pair + 2] = even + odd * x;
    if (2 * pair + 3 < n) v[2 * pair + 3] = even - odd * x;
  }
}

/// The transpose of zk_evaluate: c[k] = the sum over points of point^k times v.
ZK_INLINE void zk_collect(int n, int count, const zk_v8 *v, zk_v8 *c) {
  zk_v8 sum[3], difference[3];
  for (int pair = 0; 2 * pair + 2 < n; pair++) {
    int both = 2 * pair + 3 < n;
    sum[pair] = both ? v[2 * pair + 2] + v[2 * pair + 3] : v[2 * pair + 2];
    difference[pair] = both ? v[2 * pair + 2] - v[2 * pair + 3] : v[2 * pair + 2];
  }
  float two = 1, half = 1;
  for (int k = 0; k < count; k++) {
    const zk_v8 *part = k & 1 ? difference : sum;
    zk_v8 total = part[0];
    if (n > 4) total = part[1] * two + total;
    if (n > 6) total = part[2] * half + total;
    if (k == 0) total = total + v[1];
    if (k == count - 1) total = total + v[0];
    c[k] = total;
    two *= 2;
    half *= 0.5f;
  }
}

// Rows of B^T: point p's row has the coefficients of M(x) / (x - p) over its value at p, infinity's those of M(x), where M is the
// product of (x - q) over the finite points q. `zk_interpolate_four` and `_six` do so for the points up to -1 and -2 and leave the
// last scale to the caller, who has more points: (1 / value at p) of the first, then what further points make of it.
ZK_INLINE void zk_interpolate_four(const zk_v8 *d, float at0, float at1, float at_1, zk_v8 *v) {
  v[0] = d[3] - d[1];
  v[1] = (d[2] - d[0]) * at0;
  v[2] = (d[2] + d[1]) * at1;
  v[3] = (d[2] - d[1]) * at_1;
}

ZK_INLINE void zk_interpolate_six(
    const zk_v8 *d, float at0, float at1, float at_1, float at2, float at_2, zk_v8 *v) {
  v[0] = d[5] + (d[1] * 4.0f - d[3] * 5.0f);
  v[1] = (d[4] + (d[0] * 4.0f - d[2] * 5.0f)) * at0;
  zk_v8 even = d[4] - d[2] * 4.0f, odd = d[3] - d[1] * 4.0f;
  v[2] = (even + odd) * at1;
  v[3] = (even - odd) * at_1;
  even = d[4] - d[2];
  odd = d[3] - d[1];
  v[4] = (even + odd * 2.0f) * at2;
  v[5] = (even - odd * 2.0f) * at_2;
}

/// v = B^T d, for 5 to 8 points.
ZK_INLINE void zk_interpolate(int n, const zk_v8 *d, zk_v8 *v) {
  zk_v8 e[6];
  switch (n) {
  case 5:  // one point more than four: a factor (x - 2)
    for (int k = 0; k < 4; k++) e[k] = d[k + 1] - d[k] * 2.0f;
    zk_interpolate_four(e, 1.0f / 2, -1.0f / 2, -1.0f / 6, v);
    v[4] = (d[3] - d[1]) * (1.0f / 6);
    break;
  case 6:
    zk_interpolate_six(d, 1.0f / 4, -1.0f / 6, -1.0f / 6, 1.0f / 24, 1.0f / 24, v);
    break;
  case 7:  // a factor (x - 1/2)
    for (int k = 0; k < 6; k++) e[k] = d[k + 1] - d[k] * 0.5f;
    zk_interpolate_six(e, -1.0f / 2, -1.0f / 3, 1.0f / 9, 1.0f / 36, -1.0f / 60, v);
    v[6] = (d[5] + (d[1] * 4.0f - d[3] * 5.0f)) * (32.0f / 45);
    break;
  case 8: {  // a factor (x^2 - 1/4)
    for (int k = 0; k < 6; k++) e[k] = d[k + 2] - d[k] * 0.25f;
    zk_interpolate_six(e, -1.0f, -2.0f / 9, -2.0f / 9, 1.0f / 90, 1.0f / 90, v);
    zk_v8 even = d[6] + (d[2] * 4.0f - d[4] * 5.0f), odd = d[5] + (d[1] * 4.0f - d[3] * 5.0f);
    v[6] = (even + odd * 0.5f) * (32.0f / 45);
    v[7] = (even - odd * 0.5f) * (32.0f / 45);
    break;
  }
  }
}

#endif
