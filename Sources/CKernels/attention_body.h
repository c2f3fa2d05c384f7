// The passes of attention, compiled once for each instruction set by a file that defines ZK_WIDTH, the floats of a vector,
// ZK_ROWS, the rows of a product that are kept in registers, and the names ZK_FORWARD and ZK_BACKWARD.

#include "attention_plan.h"
#include "vector8.h"

#include <math.h>

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

// Packing

/// What a thread works with.
typedef struct workplace {
  const zk_attention_job *job;
  /// [tokens, width], zeros beyond the features. Queries are scaled.
  float *q, *k, *v, *dout, *dk, *dv;
  /// [width, row]
  float *kt, *vt;
  /// [queries, row] and [queries, width]
  float *s, *ds, *o;
  /// [tokens]: lengths of queries and keys, of cosines; where tokens are.
  float *q_length, *k_length;
  int32_t *parts;
  long *places;
  bool is_mixed;
} workplace;

static workplace lay_out(const zk_attention_job *job, int thread) {
  const zk_attention_plan *plan = &job->plan;
  float *at = job->scratch + thread * zk_attention_thread_floats(plan);
  long matrix = plan->tokens * plan->width;
  workplace place = {.job = job};
  float **matrices[] = {&place.q, &place.k, &place.v, &place.dout, &place.dk, &place.dv};
  for (int i = 0; i < 6; i++, at += matrix) *matrices[i] = at;
  place.kt = at, at += plan->width * plan->row;
  place.vt = at, at += plan->width * plan->row;
  place.s = at, at += plan->queries * plan->row;
  place.ds = at, at += plan->queries * plan->row;
  place.o = at, at += plan->queries * plan->width;
  place.q_length = at, at += plan->row;
  place.k_length = at, at += plan->row;
  place.parts = (int32_t *)at, at += plan->row;
  place.places = (long *)(at + plan->row % 2);
  return place;
}

/// Gathers a group's rows of one head from [tokens, ..., features] with tokens `stride` apart.
static void gather(
    const workplace *place, const float *source, long stride, const float *addend, float scale, float *result) {
  const zk_attention_plan *plan = &place->job->plan;
  long features = plan->attention->features;
  for (long t = 0; t < plan->tokens; t++) {
    const float *from = source + place->places[t] * stride;
    float *to = result + t * plan->width;
    if (addend)
      for (long c = 0; c < features; c++) to[c] = (from[c] + addend[c]) * scale;
    else
      for (long c = 0; c < features; c++) to[c] = from[c] * scale;
    for (long c = features; c < plan->width; c++) to[c] = 0;
  }
}

/// result [width, row] = source [tokens, width] transposed, zeros beyond the tokens.
static void transpose(const zk_attention_plan *plan, const float *source, float *result) {
  for (long first = 0; first < plan->row; first += ZK_PADDING) {
    long count = plan->tokens - first < ZK_PADDING ? plan->tokens - first : ZK_PADDING;
    for (long c = 0; c < plan->width; c++) {
      float *to = result + c * plan->row + first;
      const float *from = source + first * plan->width + c;
      for (long t = 0; t < count; t++) to[t] = from[t * plan->width];
      for (long t = count; t < ZK_PADDING; t++) to[t] = 0;
    }
  }
}

/// Divides every row by its length, but by 10⁻¹² at least, and multiplies it by a number.
static void normalize(const zk_attention_plan *plan, float *rows, float *lengths, float scale) {
  for (long t = 0; t < plan->tokens; t++) {
    float *row = rows + t * plan->width;
    vf squares = {};
    for (long c = 0; c < plan->width; c += ZK_WIDTH) squares += VF_LOAD(row + c) * VF_LOAD(row + c);
    lengths[t] = sqrtf(vf_sum(squares));
    float factor = scale / (lengths[t] < 1e-12f ? 1e-12f : lengths[t]);
    for (long c = 0; c < plan->width; c++) row[c] *= factor;
  }
}

/// What a head multiplies cosines with.
ZK_INLINE float cosine_scale(const zk_attention_terms *terms, long head) {
  float logarithm = terms->logit_scale[head];
  return expf(logarithm > ZK_LARGEST_LOGIT_SCALE ? ZK_LARGEST_LOGIT_SCALE : logarithm);
}

/// Brings queries, keys and values of a group and a head together.
static void pack(workplace *place, long image, long head) {
  const zk_attention_job *job = place->job;
  const zk_attention_plan *plan = &job->plan;
  const zk_attention *a = plan->attention;
  long features = a->heads * a->features;
  const float *source = job->qkv + image * plan->image_tokens * 3 * features + head * a->features;
  const float *addend = a->is_cosine && job->terms->qkv_bias ? job->terms->qkv_bias + head * a->features : NULL;
  gather(place, source, 3 * features, addend, a->is_cosine ? 1 : a->scale, place->q);
  gather(place, source + features, 3 * features, NULL, 1, place->k);
  gather(place, source + 2 * features, 3 * features, addend ? addend + 2 * features : NULL, 1, place->v);
  if (a->is_cosine) {
    normalize(plan, place->q, place->q_length, cosine_scale(job->terms, head));
    normalize(plan, place->k, place->k_length, 1);
  }
  transpose(plan, place->k, place->kt);
}

/// The similarities of some queries, with bias and mask.
static void similarities(workplace *place, long head, long first, long count) {
  const zk_attention_job *job = place->job;
  const zk_attention_plan *plan = &job->plan;
  matrix q = {place->q + first * plan->width, plan->width, 1};
  multiply(count, plan->row, plan->attention->features, q, place->kt, plan->row, place->s, plan->row, false);
  for (long i = 0; i < count; i++) {
    const float *bias = job->terms->bias ? job->terms->bias + (head * plan->tokens + first + i) * plan->row : NULL;
    add_terms(
        place->s + i * plan->row, plan, bias, place->is_mixed ? place->parts : NULL, place->parts[first + i]);
  }
}

// Passes

void ZK_FORWARD(void *context, int thread, int threads) {
  const zk_attention_job *job = context;
  const zk_attention_plan *plan = &job->plan;
  const zk_attention *a = plan->attention;
  workplace place = lay_out(job, thread);
  long begin, end, features = a->heads * a->features, group = -1;
  zk_split(a->batch * plan->groups * a->heads, 1, thread, threads, &begin, &end);
  for (long unit = begin; unit < end; unit++) {
    long head = unit % a->heads, image = unit / a->heads / plan->groups;
    if (unit / a->heads % plan->groups != group) {
      group = unit / a->heads % plan->groups;
      place.is_mixed = zk_attention_group(plan, group, place.places, place.parts);
    }
    pack(&place, image, head);
    float *output = job->output + image * plan->image_tokens * features + head * a->features;
    for (long first = 0; first < plan->tokens; first += plan->queries) {
      long count = zk_min(plan->queries, plan->tokens - first);
      similarities(&place, head, first, count);
      float factors[ZK_QUERIES];
      for (long i = 0; i < count; i++) {
        float largest, sum = exponentials(place.s + i * plan->row, plan->row, &largest);
        factors[i] = 1 / sum;
        if (!job->kept) continue;
        float *kept = job->kept + 2 * (unit * plan->tokens + first + i);
        kept[0] = largest;
        kept[1] = factors[i];
      }
      matrix p = {place.s, plan->row, 1};
      multiply(count, plan->width, plan->tokens, p, place.v, plan->width, place.o, plan->width, false);
      for (long i = 0; i < count; i++) {
        float *to = output + place.places[first + i] * features;
        const float *from = place.o + i * plan->width;
        for (long c = 0; c < a->features; c++) to[c] = from[c] * factors[i];
      }
    }
  }
}

/// The derivative of unnormalised rows from that of rows of length `scale`: what points along the row is lost.
ZK_INLINE void unnormalize(
    const float *row, const float *slope, float length, float scale, long count, float *result) {
  // A row so short that it was divided by a constant.
  bool is_short = length < 1e-12f;
  float along = 0;
  for (long c = 0; c < count; c++) along += row[c] * slope[c];
  float factor = scale / (is_short ? 1e-12f : length), part = is_short ? 0 : along / (scale * scale);
  for (long c = 0; c < count; c++) result[c] = (slope[c] - part * row[c]) * factor;
}

/// Writes the derivatives of some rows to their tokens.
static void scatter_slopes(
    const workplace *place, const float *rows, const float *slopes, const float *lengths, float scale, long first,
    long count, float *result) {
  const zk_attention_plan *plan = &place->job->plan;
  const zk_attention *a = plan->attention;
  long stride = 3 * a->heads * a->features;
  for (long i = 0; i < count; i++) {
    float *to = result + place->places[first + i] * stride;
    const float *slope = slopes + i * plan->width;
    if (lengths)
      unnormalize(rows + (first + i) * plan->width, slope, lengths[first + i], scale, a->features, to);
    else
      for (long c = 0; c < a->features; c++) to[c] = slope[c] * scale;
  }
}

void ZK_BACKWARD(void *context, int thread, int threads) {
  const zk_attention_job *job = context;
  const zk_attention_plan *plan = &job->plan;
  const zk_attention *a = plan->attention;
  workplace place = lay_out(job, thread);
  long begin, end, features = a->heads * a->features, group = -1;
  float *dbias = job->dbias ? job->dbias + thread * zk_attention_bias_count(a) : NULL;
  float *dlogit_scale = job->dlogit_scale ? job->dlogit_scale + thread * a->heads : NULL;
  if (dbias) memset(dbias, 0, (size_t)zk_attention_bias_count(a) * sizeof(float));
  if (dlogit_scale) memset(dlogit_scale, 0, (size_t)a->heads * sizeof(float));
  zk_split(a->batch * plan->groups * a->heads, 1, thread, threads, &begin, &end);
  for (long unit = begin; unit < end; unit++) {
    long head = unit % a->heads, image = unit / a->heads / plan->groups;
    if (unit / a->heads % plan->groups != group) {
      group = unit / a->heads % plan->groups;
      place.is_mixed = zk_attention_group(plan, group, place.places, place.parts);
    }
    pack(&place, image, head);
    transpose(plan, place.v, place.vt);
    gather(
        &place, job->doutput + image * plan->image_tokens * features + head * a->features, features, NULL, 1,
        place.dout);
    float *dqkv = job->dqkv + image * plan->image_tokens * 3 * features + head * a->features;
    // Queries are scaled in both kinds; the derivative of an unscaled one is what remains of the scale.
    float scale = a->is_cosine ? cosine_scale(job->terms, head) : a->scale;
    double slope_of_scale = 0;
    for (long first = 0; first < plan->tokens; first += plan->queries) {
      long count = zk_min(plan->queries, plan->tokens - first);
      similarities(&place, head, first, count);
      matrix dout = {place.dout + first * plan->width, plan->width, 1};
      multiply(count, plan->row, a->features, dout, place.vt, plan->row, place.ds, plan->row, false);
      for (long i = 0; i < count; i++) {
        float *s = place.s + i * plan->row, *ds = place.ds + i * plan->row;
        const float *kept = job->kept + 2 * (unit * plan->tokens + first + i);
        vf largest = VF_SET(kept[0]), factor = VF_SET(kept[1]), products = {};
        for (long j = 0; j < plan->row; j += ZK_WIDTH) {
          vf p = vf_exp(VF_LOAD(s + j) - largest) * factor;
          VF_STORE(s + j, p);
          products += p * VF_LOAD(ds + j);
        }
        vf mean = VF_SET(vf_sum(products));
        float *sums = dbias ? dbias + (head * plan->tokens + first + i) * plan->row : NULL;
        for (long j = 0; j < plan->row; j += ZK_WIDTH) {
          vf slope = VF_LOAD(s + j) * (VF_LOAD(ds + j) - mean);
          VF_STORE(ds + j, slope);
          if (sums) VF_STORE(sums + j, VF_LOAD(sums + j) + slope);
        }
      }
      matrix ds = {place.ds, plan->row, 1}, ds_turned = {place.ds, 1, plan->row}, p_turned = {place.s, 1, plan->row};
      const float *q = place.q + first * plan->width;
      multiply(count, plan->width, plan->tokens, ds, place.k, plan->width, place.o, plan->width, false);
      multiply(plan->tokens, plan->width, count, ds_turned, q, plan->width, place.dk, plan->width, first > 0);
      multiply(
          plan->tokens, plan->width, count, p_turned, place.dout + first * plan->width, plan->width, place.dv,
          plan->width, first > 0);
      if (a->is_cosine) {
        // `o` is the derivative of scaled directions; the scale's own is their product with the directions.
        for (long i = 0; i < count; i++) {
          vf products = {};
          for (long c = i * plan->width; c < (i + 1) * plan->width; c += ZK_WIDTH)
            products += VF_LOAD(place.o + c) * VF_LOAD(q + c);
          slope_of_scale += vf_sum(products);
        }
        scatter_slopes(&place, place.q, place.o, place.q_length, scale, first, count, dqkv);
      } else {
        scatter_slopes(&place, place.q, place.o, NULL, scale, first, count, dqkv);
      }
    }
    scatter_slopes(
        &place, place.k, place.dk, a->is_cosine ? place.k_length : NULL, 1, 0, plan->tokens, dqkv + features);
    scatter_slopes(&place, place.v, place.dv, NULL, 1, 0, plan->tokens, dqkv + 2 * features);
    // The scale is e^logit_scale, so its derivative by logit_scale is itself.
    if (dlogit_scale && job->terms->logit_scale[head] <= ZK_LARGEST_LOGIT_SCALE) dlogit_scale[head] += (float)slope_of_scale;
  }
}
