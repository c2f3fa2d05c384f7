#include "ckernels_attention.h"

#include <math.h>
#include <string.h>

// Small next to attention itself: a table has a row for each relative position, 169 for windows of 7 × 7.

static long padded(long tokens) { return (tokens + 15) / 16 * 16; }

bool zk_attention_bias_gather(
    const float *table, long rows, const int64_t *index, long heads, long tokens, float *bias) {
  for (long i = 0; i < tokens * tokens; i++)
    if (index[i] < 0 || index[i] >= rows) return false;
  long stride = padded(tokens);
  memset(bias, 0, (size_t)(heads * tokens * stride) * sizeof(float));
  for (long h = 0; h < heads; h++)
    for (long i = 0; i < tokens; i++)
      for (long j = 0; j < tokens; j++)
        bias[(h * tokens + i) * stride + j] = table[index[i * tokens + j] * heads + h];
  return true;
}

void zk_attention_bias_scatter(
    const float *dbias, const int64_t *index, long heads, long tokens, float *dtable, long rows) {
  long stride = padded(tokens);
  memset(dtable, 0, (size_t)(rows * heads) * sizeof(float));
  for (long h = 0; h < heads; h++)
    for (long i = 0; i < tokens; i++)
      for (long j = 0; j < tokens; j++)
        dtable[index[i * tokens + j] * heads + h] += dbias[(h * tokens + i) * stride + j];
}

void zk_position_network_forward(const zk_position_network *network, float *hidden, float *table) {
  long width = network->hidden, heads = network->heads;
  for (long row = 0; row < network->rows; row++) {
    float x = network->coordinates[2 * row], y = network->coordinates[2 * row + 1];
    float *own = hidden + row * width;
    for (long j = 0; j < width; j++) {
      float sum = network->w1[2 * j] * x + network->w1[2 * j + 1] * y + network->b1[j];
      own[j] = sum < 0 ? 0 : sum;
    }
    for (long h = 0; h < heads; h++) {
      const float *weights = network->w2 + h * width;
      float lanes[16] = {0};
      long j = 0;
      for (; j + 16 <= width; j += 16)
        for (int lane = 0; lane < 16; lane++) lanes[lane] += weights[j + lane] * own[j + lane];
      for (; j < width; j++) lanes[j % 16] += weights[j] * own[j];
      float sum = 0;
      for (int lane = 0; lane < 16; lane++) sum += lanes[lane];
      table[row * heads + h] = 16 / (1 + expf(-sum));
    }
  }
}

void zk_position_network_backward(
    const zk_position_network *network, const float *hidden, const float *table, float *dtable, float *dw1, float *db1,
    float *dw2) {
  long width = network->hidden, heads = network->heads;
  memset(dw1, 0, (size_t)(2 * width) * sizeof(float));
  memset(db1, 0, (size_t)width * sizeof(float));
  memset(dw2, 0, (size_t)(heads * width) * sizeof(float));
  for (long row = 0; row < network->rows; row++) {
    const float *own = hidden + row * width;
    float x = network->coordinates[2 * row], y = network->coordinates[2 * row + 1];
    for (long h = 0; h < heads; h++) {
      float value = table[row * heads + h], *slope = dtable + row * heads + h;
      // The derivative of 16·sigmoid in terms of its value.
      *slope *= value * (1 - value / 16);
      float *weights = dw2 + h * width;
      for (long j = 0; j < width; j++) weights[j] += *slope * own[j];
    }
    for (long begin = 0; begin < width; begin += 16) {
      long count = width - begin < 16 ? width - begin : 16;
      float slopes[16] = {0};
      for (long h = 0; h < heads; h++)
        for (long j = 0; j < count; j++) slopes[j] += dtable[row * heads + h] * network->w2[h * width + begin + j];
      for (long j = 0; j < count; j++) {
        float slope = own[begin + j] > 0 ? slopes[j] : 0;
        dw1[2 * (begin + j)] += slope * x;
        dw1[2 * (begin + j) + 1] += slope * y;
        db1[begin + j] += slope;
      }
    }
  }
}
