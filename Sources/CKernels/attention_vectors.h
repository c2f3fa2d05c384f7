// Vectors of ZK_WIDTH floats, products of matrices with ZK_ROWS rows in registers, and the rows of a softmax. For attention_body.h,
// which see.

typedef float vf __attribute__((vector_size(ZK_WIDTH * 4)));
typedef float vf_unaligned __attribute__((vector_size(ZK_WIDTH * 4), aligned(4)));
typedef int32_t vi __attribute__((vector_size(ZK_WIDTH * 4)));
typedef int32_t vi_unaligned __attribute__((vector_size(ZK_WIDTH * 4), aligned(4)));

// Vectors are made and read through macros: as arguments of functions they would depend on the instruction set.
#define VF_LOAD(from) (*(const vf_unaligned *)(from))
#define VF_STORE(to, value) (*(vf_unaligned *)(to) = (value))
#define VF_SET(value) ((vf){} + (value))

// Products of matrices

/// A matrix whose element (i, j) is at i·row + j·column.
typedef struct matrix {
  const float *start;
  long row, column;
} matrix;

/// `rows` × `vectors` of a product. Constants once inlined.
ZK_INLINE void tile(
    const int rows, const int vectors, long depth, matrix a, const float *b, long b_row, float *c, long c_row,
    bool accumulates) {
  vf sum[ZK_ROWS][2];
  ZK_UNROLL for (int r = 0; r < rows; r++)
    ZK_UNROLL for (int v = 0; v < vectors; v++)
      sum[r][v] = accumulates ? VF_LOAD(c + r * c_row + v * ZK_WIDTH) : (vf){};
  for (long k = 0; k < depth; k++) {
    vf part[2];
    ZK_UNROLL for (int v = 0; v < vectors; v++) part[v] = VF_LOAD(b + k * b_row + v * ZK_WIDTH);
    ZK_UNROLL for (int r = 0; r < rows; r++) {
      vf factor = VF_SET(a.start[r * a.row + k * a.column]);
      ZK_UNROLL for (int v = 0; v < vectors; v++) sum[r][v] += factor * part[v];
    }
  }
  ZK_UNROLL for (int r = 0; r < rows; r++)
    ZK_UNROLL for (int v = 0; v < vectors; v++) VF_STORE(c + r * c_row + v * ZK_WIDTH, sum[r][v]);
}

#define ZK_TILE(count) \
  case count: \
    if (vectors == 2) tile(count, 2, depth, a, b, b_row, c, c_row, accumulates); \
    else tile(count, 1, depth, a, b, b_row, c, c_row, accumulates); \
    break;

static void tiles(
    long rows, int vectors, long depth, matrix a, const float *b, long b_row, float *c, long c_row, bool accumulates) {
  switch (rows) {
    ZK_TILE(1) ZK_TILE(2) ZK_TILE(3) ZK_TILE(4) ZK_TILE(5) ZK_TILE(6)
#if ZK_ROWS > 6
    ZK_TILE(7) ZK_TILE(8) ZK_TILE(9) ZK_TILE(10) ZK_TILE(11) ZK_TILE(12)
#endif
    default: break;
  }
}

/// c [rows, columns] = a·b, or c += a·b: b [depth, columns] with rows b_row apart, columns a multiple of the padding.
static void multiply(
    long rows, long columns, long depth, matrix a, const float *b, long b_row, float *c, long c_row, bool accumulates) {
  long pieces = (rows + ZK_ROWS - 1) / ZK_ROWS;
  for (long column = 0; column < columns; column += 2 * ZK_WIDTH) {
    int vectors = columns - column > ZK_WIDTH ? 2 : 1;
    for (long piece = 0; piece < pieces; piece++) {
      // Pieces of one size, give or take a row.
      long first = rows * piece / pieces, count = rows * (piece + 1) / pieces - first;
      matrix part = {a.start + first * a.row, a.row, a.column};
      tiles(count, vectors, depth, part, b + column, b_row, c + first * c_row + column, c_row, accumulates);
    }
  }
}

// Rows

ZK_INLINE float vf_sum(vf value) {
  float lanes[ZK_WIDTH], sum = 0;
  VF_STORE(lanes, value);
  for (int i = 0; i < ZK_WIDTH; i++) sum += lanes[i];
  return sum;
}

/// e^x within 2 units in the last place, for x that is at most a little above 0, and 0 below −80: next to a softmax's largest term,
/// e⁰, that is nothing, and products of smaller numbers would be subnormal, which is slow. What is not a number stays so.
ZK_INLINE vf vf_exp(vf x) {
  vi is_low = x < VF_SET(-80.0f);
  x = (vf)((vi)x & ~is_low);
  // To the nearest integer: adding 1.5·2^23 leaves it in the last bits.
  const vf magic = VF_SET(12582912.0f);
  vf shifted = x * VF_SET(1.44269504f) + magic;
  vf n = shifted - magic;
  vf r = x - n * VF_SET(0.693359375f);
  r = r - n * VF_SET(-2.12194440e-4f);
  vf p = VF_SET(1.9875691500e-4f);
  p = p * r + VF_SET(1.3981999507e-3f);
  p = p * r + VF_SET(8.3334519073e-3f);
  p = p * r + VF_SET(4.1665795894e-2f);
  p = p * r + VF_SET(1.6666665459e-1f);
  p = p * r + VF_SET(5.0000001201e-1f);
  p = p * (r * r) + r + VF_SET(1.0f);
  vi power = (((vi)shifted - (vi)magic) + 127) << 23;
  return (vf)((vi)(p * (vf)power) & ~is_low);
}

/// Similarities of a query with the bias and the mask: row [padded tokens], beyond the last token −∞.
ZK_INLINE void add_terms(float *row, const zk_attention_plan *plan, const float *bias, const int32_t *parts, int32_t part) {
  for (long j = 0; j < plan->row; j += ZK_WIDTH) {
    vf value = VF_LOAD(row + j);
    if (bias) value += VF_LOAD(bias + j);
    if (parts) {
      vi differs = *(const vi_unaligned *)(parts + j) != (vi){} + part;
      value -= (vf)(differs & (vi)VF_SET(100.0f));
    }
    VF_STORE(row + j, value);
  }
  for (long j = plan->tokens; j < plan->row; j++) row[j] = -INFINITY;
}

/// row = e^(row − its largest), and the sum of that.
ZK_INLINE float exponentials(float *row, long count, float *largest) {
  vf most = VF_LOAD(row);
  for (long j = ZK_WIDTH; j < count; j += ZK_WIDTH) {
    vf value = VF_LOAD(row + j);
    vi is_more = value > most;
    most = (vf)(((vi)value & is_more) | ((vi)most & ~is_more));
  }
  float lanes[ZK_WIDTH];
  VF_STORE(lanes, most);
  float top = lanes[0];
  for (int i = 1; i < ZK_WIDTH; i++) top = lanes[i] > top ? lanes[i] : top;
  vf sum = {};
  for (long j = 0; j < count; j += ZK_WIDTH) {
    vf value = vf_exp(VF_LOAD(row + j) - VF_SET(top));
    VF_STORE(row + j, value);
    sum += value;
  }
  *largest = top;
  return vf_sum(sum);
}
