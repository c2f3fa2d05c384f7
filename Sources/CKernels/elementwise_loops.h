// Included by elementwise.c once for each set of instructions, with ZK_SUFFIX its name. A result may take the place of what
// it is made of, so compilers are told that rounds do not depend on each other.

static void ZK_NAME(relu)(const float *source, float *result, long begin, long end) {
  ZK_EACH for (long i = begin; i < end; i++) result[i] = source[i] < 0 ? 0 : source[i];
}

static void ZK_NAME(relu_backward)(const float *output, const float *gradient, float *result, long begin, long end) {
  ZK_EACH for (long i = begin; i < end; i++) result[i] = output[i] > 0 ? gradient[i] : 0;
}

static void ZK_NAME(add)(const float *left, const float *right, float *result, long begin, long end) {
  ZK_EACH for (long i = begin; i < end; i++) result[i] = left[i] + right[i];
}

static void ZK_NAME(add_relu)(const float *left, const float *right, float *result, long begin, long end) {
  ZK_EACH for (long i = begin; i < end; i++) {
    float sum = left[i] + right[i];
    result[i] = sum < 0 ? 0 : sum;
  }
}
