// The innermost loops of Winograd's matrix products.
//
// On x86-64 they are in assembly: compilers move the loads of a step up into the step before, run out of the sixteen registers
// and spill, which costs half of the speed; and a debug build keeps its speed. Elsewhere they are plain loops over vectors.
#ifndef ZK_WINOGRAD_MICROKERNELS_H
#define ZK_WINOGRAD_MICROKERNELS_H

#include "winograd_vector.h"

/// product[tile][16 outputs] = sum over 8 * blocks inputs of input[tile][i] * weights[i][16 outputs], for R tiles. Tiles are eight
/// floats apart, blocks of inputs `input_block`, the product's two halves `product_block` floats. On the way it fetches 64 bytes
/// per block of inputs from `ahead` into the second cache.
typedef void (*zk_tiles_kernel)(
    const float *input, long input_block, const float *weights, long blocks, float *product, long product_block,
    const float *ahead);

/// products[output block][4 inputs][8 outputs] (+)= sum over tiles of input[tile][i] * gradient[output block][tile][8], for B
/// blocks of outputs.
typedef void (*zk_gradient_kernel)(
    const float *input, const float *gradient, long gradient_block, long tiles, int add, float *products,
    long product_block);

#if defined(__x86_64__)

#define ZK_ALL_VECTORS                                                                                                 \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13",  \
      "xmm14", "xmm15"

#define ZK_CLEAR(v) "vxorps %%ymm" #v ", %%ymm" #v ", %%ymm" #v "\n"

// One input of R tiles: sums of row r in registers 2r and 2r + 1; 12 and 13 hold weights, 14 and 15 the input.
#define ZK_ROW(r, low, high, x, k)                                                                                     \
  "vbroadcastss 32*" #r "+4*" #k "(%[input]), %%ymm" #x "\n"                                                           \
  "vfmadd231ps %%ymm12, %%ymm" #x ", %%ymm" #low "\n"                                                                  \
  "vfmadd231ps %%ymm13, %%ymm" #x ", %%ymm" #high "\n"
#define ZK_ROWS_1(k) ZK_ROW(0, 0, 1, 14, k)
#define ZK_ROWS_2(k) ZK_ROWS_1(k) ZK_ROW(1, 2, 3, 15, k)
#define ZK_ROWS_3(k) ZK_ROWS_2(k) ZK_ROW(2, 4, 5, 14, k)
#define ZK_ROWS_4(k) ZK_ROWS_3(k) ZK_ROW(3, 6, 7, 15, k)
#define ZK_ROWS_5(k) ZK_ROWS_4(k) ZK_ROW(4, 8, 9, 14, k)
#define ZK_ROWS_6(k) ZK_ROWS_5(k) ZK_ROW(5, 10, 11, 15, k)
#define ZK_STEP(R, k)                                                                                                  \
  "vmovaps 64*" #k "(%[weights]), %%ymm12\n"                                                                           \
  "vmovaps 64*" #k "+32(%[weights]), %%ymm13\n" ZK_ROWS_##R(k)
#define ZK_PUT(r, low, high)                                                                                           \
  "vmovaps %%ymm" #low ", 32*" #r "(%[product])\n"                                                                     \
  "vmovaps %%ymm" #high ", 32*" #r "(%[product],%[half])\n"
#define ZK_PUT_1 ZK_PUT(0, 0, 1)
#define ZK_PUT_2 ZK_PUT_1 ZK_PUT(1, 2, 3)
#define ZK_PUT_3 ZK_PUT_2 ZK_PUT(2, 4, 5)
#define ZK_PUT_4 ZK_PUT_3 ZK_PUT(3, 6, 7)
#define ZK_PUT_5 ZK_PUT_4 ZK_PUT(4, 8, 9)
#define ZK_PUT_6 ZK_PUT_5 ZK_PUT(5, 10, 11)
#define ZK_CLEAR_12                                                                                                    \
  ZK_CLEAR(0) ZK_CLEAR(1) ZK_CLEAR(2) ZK_CLEAR(3) ZK_CLEAR(4) ZK_CLEAR(5) ZK_CLEAR(6) ZK_CLEAR(7) ZK_CLEAR(8)          \
      ZK_CLEAR(9) ZK_CLEAR(10) ZK_CLEAR(11)

#define ZK_TILES_KERNEL(R)                                                                                             \
  ZK_HOT static void zk_tiles_##R(                                                                                     \
      const float *input, long input_block, const float *weights, long blocks, float *product, long product_block,     \
      const float *ahead) {                                                                                            \
    __asm__ volatile(                                                                                                  \
        ZK_CLEAR_12                                                                                                    \
        ".p2align 5\n"                                                                                                 \
        "1:\n"                                                                                                         \
        "prefetcht1 (%[ahead])\n"                                                                                      \
        ZK_STEP(R, 0) ZK_STEP(R, 1) ZK_STEP(R, 2) ZK_STEP(R, 3) ZK_STEP(R, 4) ZK_STEP(R, 5) ZK_STEP(R, 6)              \
        ZK_STEP(R, 7)                                                                                                  \
        "add %[step], %[input]\n"                                                                                      \
        "add $512, %[weights]\n"                                                                                       \
        "add $64, %[ahead]\n"                                                                                          \
        "dec %[blocks]\n"                                                                                              \
        "jnz 1b\n"                                                                                                     \
        ZK_PUT_##R                                                                                                     \
        "vzeroupper\n"                                                                                                 \
        : [input] "+r"(input), [weights] "+r"(weights), [blocks] "+r"(blocks), [ahead] "+r"(ahead)                     \
        : [step] "r"(input_block * 4), [product] "r"(product), [half] "r"(product_block * 4)                           \
        : "memory", "cc", ZK_ALL_VECTORS);                                                                             \
  }

// One tile: sums of input i and output block b in register 3i + b, 12 to 14 hold gradients, 15 the input.
#define ZK_INPUT(t, i, v) "vbroadcastss 32*" #t "+4*" #i "(%[input]), %%ymm" #v "\n"
#define ZK_ADD(g, x, sum) "vfmadd231ps %%ymm" #g ", %%ymm" #x ", %%ymm" #sum "\n"
#define ZK_GRADIENT_STEP_1(t)                                                                                          \
  "vmovaps 32*" #t "(%[gradient]), %%ymm12\n"                                                                          \
  ZK_INPUT(t, 0, 15) ZK_ADD(12, 15, 0) ZK_INPUT(t, 1, 14) ZK_ADD(12, 14, 3)                                            \
  ZK_INPUT(t, 2, 15) ZK_ADD(12, 15, 6) ZK_INPUT(t, 3, 14) ZK_ADD(12, 14, 9)
#define ZK_GRADIENT_STEP_2(t)                                                                                          \
  "vmovaps 32*" #t "(%[gradient]), %%ymm12\n"                                                                          \
  "vmovaps 32*" #t "(%[gradient],%[step]), %%ymm13\n"                                                                  \
  ZK_INPUT(t, 0, 15) ZK_ADD(12, 15, 0) ZK_ADD(13, 15, 1) ZK_INPUT(t, 1, 14) ZK_ADD(12, 14, 3) ZK_ADD(13, 14, 4)        \
  ZK_INPUT(t, 2, 15) ZK_ADD(12, 15, 6) ZK_ADD(13, 15, 7) ZK_INPUT(t, 3, 14) ZK_ADD(12, 14, 9) ZK_ADD(13, 14, 10)
#define ZK_GRADIENT_STEP_3(t)                                                                                          \
  "vmovaps 32*" #t "(%[gradient]), %%ymm12\n"                                                                          \
  "vmovaps 32*" #t "(%[gradient],%[step]), %%ymm13\n"                                                                  \
  "vmovaps 32*" #t "(%[gradient],%[step],2), %%ymm14\n"                                                                \
  ZK_INPUT(t, 0, 15) ZK_ADD(12, 15, 0) ZK_ADD(13, 15, 1) ZK_ADD(14, 15, 2)                                             \
  ZK_INPUT(t, 1, 15) ZK_ADD(12, 15, 3) ZK_ADD(13, 15, 4) ZK_ADD(14, 15, 5)                                             \
  ZK_INPUT(t, 2, 15) ZK_ADD(12, 15, 6) ZK_ADD(13, 15, 7) ZK_ADD(14, 15, 8)                                             \
  ZK_INPUT(t, 3, 15) ZK_ADD(12, 15, 9) ZK_ADD(13, 15, 10) ZK_ADD(14, 15, 11)

#define ZK_GET_BLOCK(at, a, b, c, d)                                                                                   \
  "vmovaps " at ", %%ymm" #a "\nvmovaps 32" at ", %%ymm" #b "\nvmovaps 64" at ", %%ymm" #c "\nvmovaps 96" at        \
  ", %%ymm" #d "\n"
#define ZK_PUT_BLOCK(at, a, b, c, d)                                                                                   \
  "vmovaps %%ymm" #a ", " at "\nvmovaps %%ymm" #b ", 32" at "\nvmovaps %%ymm" #c ", 64" at "\nvmovaps %%ymm" #d      \
  ", 96" at "\n"
#define ZK_BLOCKS_1(DO) DO("(%[products])", 0, 3, 6, 9)
#define ZK_BLOCKS_2(DO) ZK_BLOCKS_1(DO) DO("(%[products],%[block])", 1, 4, 7, 10)
#define ZK_BLOCKS_3(DO) ZK_BLOCKS_2(DO) DO("(%[products],%[block],2)", 2, 5, 8, 11)

#define ZK_GRADIENT_KERNEL(B)                                                                                          \
  ZK_HOT static void zk_gradient_##B(                                                                                  \
      const float *input, const float *gradient, long gradient_block, long tiles, int add, float *products,            \
      long product_block) {                                                                                            \
    long pairs = tiles / 2, odd = tiles % 2;                                                                           \
    __asm__ volatile(                                                                                                  \
        ZK_CLEAR_12                                                                                                    \
        "test %[add], %[add]\n"                                                                                        \
        "jz 1f\n"                                                                                                      \
        ZK_BLOCKS_##B(ZK_GET_BLOCK)                                                                                    \
        "1:\n"                                                                                                         \
        "test %[pairs], %[pairs]\n"                                                                                    \
        "jz 3f\n"                                                                                                      \
        ".p2align 5\n"                                                                                                 \
        "2:\n"                                                                                                         \
        ZK_GRADIENT_STEP_##B(0) ZK_GRADIENT_STEP_##B(1)                                                                \
        "add $64, %[input]\n"                                                                                          \
        "add $64, %[gradient]\n"                                                                                       \
        "dec %[pairs]\n"                                                                                               \
        "jnz 2b\n"                                                                                                     \
        "3:\n"                                                                                                         \
        "test %[odd], %[odd]\n"                                                                                        \
        "jz 4f\n"                                                                                                      \
        ZK_GRADIENT_STEP_##B(0)                                                                                        \
        "4:\n"                                                                                                         \
        ZK_BLOCKS_##B(ZK_PUT_BLOCK)                                                                                    \
        "vzeroupper\n"                                                                                                 \
        : [input] "+r"(input), [gradient] "+r"(gradient), [pairs] "+r"(pairs)                                          \
        : [step] "r"(gradient_block * 4), [odd] "r"(odd), [add] "r"(add), [products] "r"(products),                    \
          [block] "r"(product_block * 4)                                                                               \
        : "memory", "cc", ZK_ALL_VECTORS);                                                                             \
  }

#else

#define ZK_TILES_KERNEL(R)                                                                                             \
  static void zk_tiles_##R(                                                                                            \
      const float *input, long input_block, const float *weights, long blocks, float *product, long product_block,     \
      const float *ahead) {                                                                                            \
    (void)ahead;                                                                                                       \
    zk_v8 low[R], high[R];                                                                                             \
    for (int r = 0; r < R; r++) low[r] = high[r] = zk_zero();                                                          \
    for (long b = 0; b < blocks; b++) {                                                                                \
      for (int k = 0; k < 8; k++) {                                                                                    \
        zk_v8 w0 = zk_load(weights + k * 16), w1 = zk_load(weights + k * 16 + 8);                                      \
        for (int r = 0; r < R; r++) {                                                                                  \
          zk_v8 x = zk_splat(input[r * 8 + k]);                                                                        \
          low[r] = x * w0 + low[r];                                                                                    \
          high[r] = x * w1 + high[r];                                                                                  \
        }                                                                                                              \
      }                                                                                                                \
      input += input_block;                                                                                            \
      weights += 128;                                                                                                  \
    }                                                                                                                  \
    for (int r = 0; r < R; r++) {                                                                                      \
      zk_store(product + r * 8, low[r]);                                                                               \
      zk_store(product + product_block + r * 8, high[r]);                                                              \
    }                                                                                                                  \
  }

#define ZK_GRADIENT_KERNEL(B)                                                                                          \
  static void zk_gradient_##B(                                                                                         \
      const float *input, const float *gradient, long gradient_block, long tiles, int add, float *products,            \
      long product_block) {                                                                                            \
    zk_v8 sums[4][B];                                                                                                  \
    for (int i = 0; i < 4; i++) {                                                                                      \
      for (int b = 0; b < B; b++) sums[i][b] = add ? zk_load(products + b * product_block + i * 8) : zk_zero();        \
    }                                                                                                                  \
    for (long t = 0; t < tiles; t++) {                                                                                 \
      zk_v8 g[B];                                                                                                      \
      for (int b = 0; b < B; b++) g[b] = zk_load(gradient + b * gradient_block + t * 8);                               \
      for (int i = 0; i < 4; i++) {                                                                                    \
        zk_v8 x = zk_splat(input[t * 8 + i]);                                                                          \
        for (int b = 0; b < B; b++) sums[i][b] = x * g[b] + sums[i][b];                                                \
      }                                                                                                                \
    }                                                                                                                  \
    for (int i = 0; i < 4; i++) {                                                                                      \
      for (int b = 0; b < B; b++) zk_store(products + b * product_block + i * 8, sums[i][b]);                          \
    }                                                                                                                  \
  }

#endif

ZK_TILES_KERNEL(1)
ZK_TILES_KERNEL(2)
ZK_TILES_KERNEL(3)
ZK_TILES_KERNEL(4)
ZK_TILES_KERNEL(5)
ZK_TILES_KERNEL(6)

static const zk_tiles_kernel zk_tiles_kernels[] = {
    zk_tiles_1, zk_tiles_2, zk_tiles_3, zk_tiles_4, zk_tiles_5, zk_tiles_6};

ZK_GRADIENT_KERNEL(1)
ZK_GRADIENT_KERNEL(2)
ZK_GRADIENT_KERNEL(3)

static const zk_gradient_kernel zk_gradient_kernels[] = {zk_gradient_1, zk_gradient_2, zk_gradient_3};

#endif
