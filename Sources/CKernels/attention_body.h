// The passes of attention, compiled once for each instruction set by a file that defines ZK_WIDTH, the floats of a vector,
// ZK_ROWS, the rows of a product that are kept in registers, and the names ZK_FORWARD and ZK_BACKWARD.

#include "attention_plan.h"
#include "vector8.h"

#include <math.h>

#include "attention_vectors.h"

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
