// Included by depthwise.c once for each set of instructions and number of lanes, with ZK_SUFFIX their name, ZK_LANES the
// lanes of a block.

typedef float ZK_NAME(vector) __attribute__((vector_size(ZK_LANES * 4), aligned(4)));

/// A row of outputs with one row of the kernel: sums[kx] += Σ_x gradient[x] · source[x·stride + kx − left], for `taps` taps
/// from `first` on.
static inline __attribute__((always_inline)) void ZK_NAME(row)(
    const zk_depthwise *c, const float *source, const float *gradient, ZK_NAME(vector) *sums, long first, long taps) {
  ZK_NAME(vector) total[4];
  for (long t = 0; t < taps; t++) total[t] = sums[first + t];
  // Outputs for which all of these taps are inside the image.
  long stride = c->stride_width, low = c->pad_left - first, high = c->in_width + c->pad_left - first - taps;
  long begin = low <= 0 ? 0 : (low + stride - 1) / stride, end = high < 0 ? 0 : high / stride + 1;
  if (end > c->out_width) end = c->out_width;
  if (begin > end) begin = end;
  for (long x = begin; x < end; x++) {
    ZK_NAME(vector) g = *(const ZK_NAME(vector) *)(gradient + x * ZK_LANES);
    const float *at = source + (x * stride + first - c->pad_left) * ZK_LANES;
    for (long t = 0; t < taps; t++) total[t] += g * *(const ZK_NAME(vector) *)(at + t * ZK_LANES);
  }
  for (long x = 0; x < c->out_width; x++) {
    if (x == begin && end > begin) x = end;
    if (x >= c->out_width) break;
    ZK_NAME(vector) g = *(const ZK_NAME(vector) *)(gradient + x * ZK_LANES);
    for (long t = 0; t < taps; t++) {
      long column = x * stride + first + t - c->pad_left;
      if (column >= 0 && column < c->in_width) total[t] += g * *(const ZK_NAME(vector) *)(source + column * ZK_LANES);
    }
  }
  for (long t = 0; t < taps; t++) sums[first + t] = total[t];
}

/// The sums of one block of channels over images first..<last.
static void ZK_NAME(block)(
    const zk_depthwise *c, const float *source, const float *gradient, long block, long first, long last,
    float *weights, float *bias) {
  long in_area = c->in_height * c->in_width * ZK_LANES, out_area = c->out_height * c->out_width * ZK_LANES;
  ZK_NAME(vector) constant = {0};
  long taps = c->kernel_height * c->kernel_width * ZK_LANES;
  memset(weights, 0, sizeof(float) * (size_t)taps);
  // Sums of an image each, and then their sum: fewer roundings than one sum over all pixels.
  float own[ZK_MOST_TAPS * ZK_LANES];
  for (long image = first; image < last; image++) {
    memset(own, 0, sizeof(float) * (size_t)taps);
    ZK_NAME(vector) part = {0};
    const float *from = source + (image * c->blocks + block) * in_area;
    const float *given = gradient + (image * c->blocks + block) * out_area;
    for (long y = 0; y < c->out_height; y++) {
      const float *row = given + y * c->out_width * ZK_LANES;
      for (long ky = 0; ky < c->kernel_height; ky++) {
        long in_row = y * c->stride_height + ky - c->pad_top;
        if (in_row < 0 || in_row >= c->in_height) continue;
        const float *line = from + in_row * c->in_width * ZK_LANES;
        ZK_NAME(vector) *sums = (ZK_NAME(vector) *)(own + ky * c->kernel_width * ZK_LANES);
        long kx = 0;
        for (; kx + 4 <= c->kernel_width; kx += 4) ZK_NAME(row)(c, line, row, sums, kx, 4);
        switch (c->kernel_width - kx) {
        case 3: ZK_NAME(row)(c, line, row, sums, kx, 3); break;
        case 2: ZK_NAME(row)(c, line, row, sums, kx, 2); break;
        case 1: ZK_NAME(row)(c, line, row, sums, kx, 1); break;
        default: break;
        }
      }
      if (!bias) continue;
      for (long x = 0; x < c->out_width; x++) part += *(const ZK_NAME(vector) *)(row + x * ZK_LANES);
    }
    for (long i = 0; i < taps; i++) weights[i] += own[i];
    constant += part;
  }
  if (bias) *(ZK_NAME(vector) *)bias = constant;
}
