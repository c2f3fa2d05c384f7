// Included by layer_norm.c once for each set of instructions, with ZK_SUFFIX its name.

/// The sum of 16 partial sums, in a fixed order.
static inline float ZK_NAME(total)(const float lanes[16]) {
  float sum = 0;
  for (int i = 0; i < 16; i++) sum += lanes[i];
  return sum;
}

static void ZK_NAME(forward)(
    const float *source, const float *weight, const float *bias, float *result, float *statistics, long features,
    float epsilon) {
  long whole = features / 16 * 16;
  float lanes[16] = {0};
  for (long i = 0; i < whole; i += 16) {
    ZK_EACH for (long j = 0; j < 16; j++) lanes[j] += source[i + j];
  }
  float sum = ZK_NAME(total)(lanes);
  for (long i = whole; i < features; i++) sum += source[i];
  float mean = sum / (float)features;
  float squares[16] = {0};
  for (long i = 0; i < whole; i += 16) {
    ZK_EACH for (long j = 0; j < 16; j++) {
      float d = source[i + j] - mean;
      squares[j] += d * d;
    }
  }
  float square = ZK_NAME(total)(squares);
  for (long i = whole; i < features; i++) square += (source[i] - mean) * (source[i] - mean);
  float inverse = 1.0f / sqrtf(square / (float)features + epsilon);
  ZK_EACH for (long i = 0; i < features; i++) result[i] = (source[i] - mean) * inverse * weight[i] + bias[i];
  statistics[0] = mean;
  statistics[1] = inverse;
}

static void ZK_NAME(backward)(
    const float *source, const float *weight, const float *statistics, const float *gradient, float *source_gradient,
    float *weight_gradient, float *bias_gradient, long features) {
  float mean = statistics[0], inverse = statistics[1];
  long whole = features / 16 * 16;
  float lanes[16] = {0}, along[16] = {0};
  for (long i = 0; i < whole; i += 16) {
    ZK_EACH for (long j = 0; j < 16; j++) {
      float normal = (source[i + j] - mean) * inverse, g = gradient[i + j];
      weight_gradient[i + j] += g * normal;
      bias_gradient[i + j] += g;
      float scaled = g * weight[i + j];
      lanes[j] += scaled;
      along[j] += scaled * normal;
    }
  }
  float sum = ZK_NAME(total)(lanes), product = ZK_NAME(total)(along);
  for (long i = whole; i < features; i++) {
    float normal = (source[i] - mean) * inverse, g = gradient[i], scaled = g * weight[i];
    weight_gradient[i] += g * normal;
    bias_gradient[i] += g;
    sum += scaled;
    product += scaled * normal;
  }
  if (!source_gradient) return;
  sum /= (float)features;
  product /= (float)features;
  ZK_EACH for (long i = 0; i < features; i++) {
    float normal = (source[i] - mean) * inverse;
    source_gradient[i] = (gradient[i] * weight[i] - sum - normal * product) * inverse;
  }
}
