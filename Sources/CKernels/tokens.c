#include "ckernels_tokens.h"
#include "ckernels_parallel.h"

#include <string.h>

// Parts with fewer numbers than this are not worth a second thread.
enum { ALONE = 8192, CHUNK = 64 };

struct map {
  const float *source, *addend;
  float *result;
  long batch, height, width, new_height, new_width, features;
};

static int team(long count, int threads) { return count < 2 * ALONE ? 1 : threads; }

static void copy(float *to, const float *from, long count) { memcpy(to, from, (size_t)count * sizeof(float)); }

static void clear(float *to, long count) { memset(to, 0, (size_t)count * sizeof(float)); }

static void resize_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end, row = map->width * map->features, new_row = map->new_width * map->features;
  long kept = row < new_row ? row : new_row;
  zk_split(map->batch * map->new_height, 1, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) {
    long image = i / map->new_height, y = i % map->new_height;
    float *to = map->result + i * new_row;
    if (y >= map->height) {
      clear(to, new_row);
      continue;
    }
    copy(to, map->source + (image * map->height + y) * row, kept);
    clear(to + kept, new_row - kept);
  }
}

void zk_tokens_resize(
    const float *source, float *result, long batch, long height, long width, long new_height, long new_width,
    long features, int threads) {
  struct map map = {source, NULL, result, batch, height, width, new_height, new_width, features};
  zk_parallel(team(batch * new_height * new_width * features, threads), resize_part, &map);
}

static void merge_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end, f = map->features;
  zk_split(map->batch * map->new_height, 1, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) {
    long image = i / map->new_height, row = i % map->new_height;
    for (long column = 0; column < map->new_width; column++)
      for (long part = 0; part < 4; part++) {
        long y = 2 * row + part % 2, x = 2 * column + part / 2;
        float *to = map->result + ((i * map->new_width + column) * 4 + part) * f;
        if (y < map->height && x < map->width)
          copy(to, map->source + ((image * map->height + y) * map->width + x) * f, f);
        else
          clear(to, f);
      }
  }
}

void zk_tokens_merge(
    const float *source, float *result, long batch, long height, long width, long features, int threads) {
  struct map map = {source, NULL, result, batch, height, width, (height + 1) / 2, (width + 1) / 2, features};
  zk_parallel(team(batch * height * width * features, threads), merge_part, &map);
}

static void merge_backward_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end, f = map->features;
  zk_split(map->batch * map->height, 1, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) {
    long image = i / map->height, y = i % map->height;
    for (long x = 0; x < map->width; x++) {
      long token = (image * map->new_height + y / 2) * map->new_width + x / 2;
      copy(map->result + (i * map->width + x) * f, map->source + (token * 4 + x % 2 * 2 + y % 2) * f, f);
    }
  }
}

void zk_tokens_merge_backward(
    const float *gradient, float *result, long batch, long height, long width, long features, int threads) {
  struct map map = {gradient, NULL, result, batch, height, width, (height + 1) / 2, (width + 1) / 2, features};
  zk_parallel(team(batch * height * width * features, threads), merge_backward_part, &map);
}

static void prepend_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end, f = map->features, row = map->width * f;
  zk_split(map->batch, 1, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) {
    float *to = map->result + i * (row + f);
    copy(to, map->addend, f);
    copy(to + f, map->source + i * row, row);
  }
}

void zk_tokens_prepend(
    const float *source, const float *first, float *result, long batch, long tokens, long features, int threads) {
  struct map map = {source, first, result, batch, 1, tokens, 1, tokens, features};
  zk_parallel(team(batch * tokens * features, threads), prepend_part, &map);
}

static void drop_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end, f = map->features, row = map->width * f;
  zk_split(map->batch, 1, thread, threads, &begin, &end);
  for (long i = begin; i < end; i++) copy(map->result + i * row, map->source + i * (row + f) + f, row);
}

void zk_tokens_drop_first(const float *gradient, float *result, long batch, long tokens, long features, int threads) {
  struct map map = {gradient, NULL, result, batch, 1, tokens, 1, tokens, features};
  zk_parallel(team(batch * tokens * features, threads), drop_part, &map);
}

static void add_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end, count = map->features;
  zk_split(count, CHUNK, thread, threads, &begin, &end);
  for (long row = 0; row < map->batch; row++) {
    const float *source = map->source + row * count;
    float *result = map->result + row * count;
    for (long i = begin; i < end; i++) result[i] = source[i] + map->addend[i];
  }
}

void zk_add_to_rows(const float *source, const float *addend, float *result, long batch, long count, int threads) {
  struct map map = {.source = source, .addend = addend, .result = result, .batch = batch, .features = count};
  zk_parallel(team(batch * count, threads), add_part, &map);
}

static void sum_part(void *context, int thread, int threads) {
  const struct map *map = context;
  long begin, end;
  zk_split(map->features, CHUNK, thread, threads, &begin, &end);
  for (long at = begin; at < end; at += CHUNK) {
    long most = end - at < CHUNK ? end - at : CHUNK;
    // Long columns are summed in pieces, so that rounding does not grow with them.
    double sums[CHUNK] = {0};
    for (long first = 0; first < map->batch; first += CHUNK) {
      long last = first + CHUNK < map->batch ? first + CHUNK : map->batch;
      float part[CHUNK] = {0};
      for (long row = first; row < last; row++) {
        const float *source = map->source + row * map->width + at;
        for (long i = 0; i < most; i++) part[i] += source[i];
      }
      for (long i = 0; i < most; i++) sums[i] += part[i];
    }
    for (long i = 0; i < most; i++) map->result[at + i] = (float)sums[i];
  }
}

void zk_sum_of_rows(const float *source, long rows, long stride, float *result, long count, int threads) {
  struct map map = {.source = source, .result = result, .batch = rows, .width = stride, .features = count};
  zk_parallel(team(rows * count, threads), sum_part, &map);
}
