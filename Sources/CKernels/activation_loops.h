// Included by activation.c once for each set of instructions, with ZK_SUFFIX its name.

/// eˣ to about 1 unit in the last place, between the smallest normal and the largest finite number.
static inline float ZK_NAME(exponential)(float x) {
  x = x < -87.3f ? -87.3f : x;
  x = x > 88.7f ? 88.7f : x;
  // Adding 1.5·2²³ leaves the nearest whole number in the low bits.
  float shifted = x * 1.44269504f + 12582912.0f;
  float whole = shifted - 12582912.0f;
  // x − n·ln 2, with ln 2 in two parts.
  float rest = x - whole * 0.693359375f + whole * 2.12194440e-4f;
  float value = 1.0f / 5040;
  value = value * rest + 1.0f / 720;
  value = value * rest + 1.0f / 120;
  value = value * rest + 1.0f / 24;
  value = value * rest + 1.0f / 6;
  value = value * rest + 0.5f;
  value = value * rest + 1.0f;
  value = value * rest + 1.0f;
  union {
    float number;
    uint32_t bits;
  } scale = {shifted};
  scale.bits = (scale.bits + 127u) << 23;
  return value * scale.number;
}

static inline float ZK_NAME(sigmoid)(float x) { return 1.0f / (1.0f + ZK_NAME(exponential)(-x)); }

/// Φ(x) of the normal distribution, and e^(−x²/2) for its derivative.
static inline float ZK_NAME(normal)(float x, float *density) {
  // erfc(z) = e^(−z²)·P(1 / (1 + 0.34·z)) for z ≥ 0; P was fitted on [0, 5], where the product is within 7.3e-10.
  float z = x * 0.707106781f;
  z = z < 0 ? -z : z;
  float e = ZK_NAME(exponential)(-z * z), t = 1.0f / (1.0f + 0.34f * z);
  float p = -0.246983918f;
  p = p * t + 1.0876169456f;
  p = p * t - 1.250997951f;
  p = p * t + 1.2111998474f;
  p = p * t - 0.2860444631f;
  p = p * t + 0.3050619512f;
  p = p * t + 0.1801475868f;
  float half = 0.5f * p * t * e;
  *density = e;
  return x < 0 ? half : 1.0f - half;
}

static void ZK_NAME(forward)(zk_function function, const float *source, float *result, long begin, long end) {
  switch (function) {
  case ZK_RELU:
    ZK_EACH for (long i = begin; i < end; i++) result[i] = source[i] < 0 ? 0 : source[i];
    break;
  case ZK_RELU6:
    ZK_EACH for (long i = begin; i < end; i++) {
      float x = source[i] < 0 ? 0 : source[i];
      result[i] = x > 6 ? 6 : x;
    }
    break;
  case ZK_SIGMOID:
    ZK_EACH for (long i = begin; i < end; i++) result[i] = ZK_NAME(sigmoid)(source[i]);
    break;
  case ZK_SILU:
    ZK_EACH for (long i = begin; i < end; i++) result[i] = source[i] * ZK_NAME(sigmoid)(source[i]);
    break;
  case ZK_HARD_SIGMOID:
    ZK_EACH for (long i = begin; i < end; i++) {
      float x = source[i] + 3;
      x = x < 0 ? 0 : x;
      result[i] = (x > 6 ? 6 : x) * (1.0f / 6);
    }
    break;
  case ZK_HARD_SWISH:
    ZK_EACH for (long i = begin; i < end; i++) {
      float x = source[i] + 3;
      x = x < 0 ? 0 : x;
      result[i] = source[i] * (x > 6 ? 6 : x) * (1.0f / 6);
    }
    break;
  case ZK_GELU:
    ZK_EACH for (long i = begin; i < end; i++) {
      float density;
      result[i] = source[i] * ZK_NAME(normal)(source[i], &density);
    }
    break;
  case ZK_TANH:
    for (long i = begin; i < end; i++) result[i] = tanhf(source[i]);
    break;
  }
}

static void ZK_NAME(backward)(
    zk_function function, const float *source, const float *gradient, float *result, long begin, long end) {
  switch (function) {
  case ZK_RELU:
    ZK_EACH for (long i = begin; i < end; i++) result[i] = source[i] > 0 ? gradient[i] : 0;
    break;
  case ZK_RELU6:
    ZK_EACH for (long i = begin; i < end; i++) result[i] = source[i] > 0 && source[i] < 6 ? gradient[i] : 0;
    break;
  case ZK_SIGMOID:
    ZK_EACH for (long i = begin; i < end; i++) {
      float s = ZK_NAME(sigmoid)(source[i]);
      result[i] = gradient[i] * s * (1 - s);
    }
    break;
  case ZK_SILU:
    ZK_EACH for (long i = begin; i < end; i++) {
      float x = source[i], s = ZK_NAME(sigmoid)(x);
      result[i] = gradient[i] * s * (1 + x * (1 - s));
    }
    break;
  case ZK_HARD_SIGMOID:
    ZK_EACH for (long i = begin; i < end; i++)
      result[i] = source[i] > -3 && source[i] < 3 ? gradient[i] * (1.0f / 6) : 0;
    break;
  case ZK_HARD_SWISH:
    ZK_EACH for (long i = begin; i < end; i++) {
      float x = source[i], slope = x * (1.0f / 3) + 0.5f;
      slope = x < 3 ? slope : 1;
      result[i] = x > -3 ? gradient[i] * slope : 0;
    }
    break;
  case ZK_GELU:
    ZK_EACH for (long i = begin; i < end; i++) {
      // Φ(x) + x·φ(x), φ(x) = e^(−x²/2) / √(2π).
      float x = source[i], density, share = ZK_NAME(normal)(x, &density);
      result[i] = gradient[i] * (share + x * density * 0.398942280f);
    }
    break;
  case ZK_TANH:
    for (long i = begin; i < end; i++) {
      float value = tanhf(source[i]);
      result[i] = gradient[i] * (1 - value * value);
    }
    break;
  }
}
