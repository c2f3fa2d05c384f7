// Included by channels.c once for each set of instructions, with ZK_SUFFIX its name.

/// result = source · factor on one block of channels of an image.
static void ZK_NAME(scale)(const float *source, const float *factor, float *result, long area, long block) {
  if (block == 1) {
    float f = factor[0];
    ZK_EACH for (long p = 0; p < area; p++) result[p] = source[p] * f;
    return;
  }
  if (block == 16) {
    for (long p = 0; p < area; p++) {
      ZK_EACH for (long i = 0; i < 16; i++) result[p * 16 + i] = source[p * 16 + i] * factor[i];
    }
    return;
  }
  for (long p = 0; p < area; p++) {
    ZK_EACH for (long i = 0; i < block; i++) result[p * block + i] = source[p * block + i] * factor[i];
  }
}

/// sums += gradient · source over the pixels of one block of channels.
static void ZK_NAME(products)(const float *source, const float *gradient, float *sums, long area, long block) {
  if (block == 1) {
    // Lanes, since sums of floating-point numbers are not reordered by compilers.
    float lanes[16] = {0};
    long whole = area / 16 * 16;
    for (long p = 0; p < whole; p += 16) {
      ZK_EACH for (long i = 0; i < 16; i++) lanes[i] += source[p + i] * gradient[p + i];
    }
    float sum = 0;
    for (long i = 0; i < 16; i++) sum += lanes[i];
    for (long p = whole; p < area; p++) sum += source[p] * gradient[p];
    sums[0] += sum;
    return;
  }
  if (block == 16) {
    float lanes[16] = {0};
    for (long p = 0; p < area; p++) {
      ZK_EACH for (long i = 0; i < 16; i++) lanes[i] += source[p * 16 + i] * gradient[p * 16 + i];
    }
    for (long i = 0; i < 16; i++) sums[i] += lanes[i];
    return;
  }
  for (long p = 0; p < area; p++) {
    ZK_EACH for (long i = 0; i < block; i++) sums[i] += source[p * block + i] * gradient[p * block + i];
  }
}

static void ZK_NAME(affine)(const float *source, float *result, float scale, float shift, long area) {
  ZK_EACH for (long p = 0; p < area; p++) result[p] = source[p] * scale + shift;
}

static void ZK_NAME(constant)(const float *source, float *result, float factor, long begin, long end) {
  ZK_EACH for (long i = begin; i < end; i++) result[i] = source[i] * factor;
}

static void ZK_NAME(multiply)(const float *left, const float *right, float *result, long begin, long end) {
  ZK_EACH for (long i = begin; i < end; i++) result[i] = left[i] * right[i];
}
