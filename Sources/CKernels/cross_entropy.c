// Softmax cross entropy: a row at a time, in double precision.
#include "ckernels_loss.h"

#include <math.h>
#include <string.h>

#include "ckernels_parallel.h"

/// Fewer logits than this are not worth waking a team for.
enum { ALONE = 4096, MEMBERS = 64 };

struct cross_entropy {
  const zk_targets *targets;
  const float *logits;
  float *gradient;
  double *losses;
  /// What derivatives are divided by.
  double divisor;
  long correct[MEMBERS];
};

static bool is_ignored(const zk_targets *targets, long row) {
  return targets->labels && targets->ignores && targets->labels[row] == targets->ignored;
}

static long largest(const float *values, long count) {
  long best = 0;
  for (long i = 1; i < count; i++)
    if (values[i] > values[best]) best = i;
  return best;
}

/// w_c·((1 − ε)·t_c + ε/classes)
static double share(const zk_targets *targets, const float *probabilities, long label, long c) {
  double target = probabilities ? probabilities[c] : c == label;
  double smooth = (1 - targets->smoothing) * target + targets->smoothing / (double)targets->classes;
  return targets->weights ? targets->weights[c] * smooth : smooth;
}

static void cross_entropy_part(void *context, int thread, int threads) {
  struct cross_entropy *job = context;
  const zk_targets *targets = job->targets;
  long classes = targets->classes, begin, end, correct = 0;
  zk_split(targets->rows, 1, thread, threads, &begin, &end);
  for (long row = begin; row < end; row++) {
    float *gradient = job->gradient ? job->gradient + row * classes : NULL;
    job->losses[row] = 0;
    if (is_ignored(targets, row)) {
      if (gradient) memset(gradient, 0, (size_t)classes * sizeof *gradient);
      continue;
    }
    const float *z = job->logits + row * classes;
    const float *probabilities = targets->probabilities ? targets->probabilities + row * classes : NULL;
    long label = probabilities ? largest(probabilities, classes) : targets->labels[row], best = largest(z, classes);
    correct += best == label;

    double most = z[best], sum = 0, loss = 0, total = 0;
    for (long c = 0; c < classes; c++) sum += exp(z[c] - most);
    double normalizer = most + log(sum);
    for (long c = 0; c < classes; c++) {
      double part = share(targets, probabilities, label, c);
      total += part;
      // A class that counts for nothing may be impossible.
      if (part != 0) loss += part * (normalizer - z[c]);
    }
    job->losses[row] = isnan(normalizer) ? normalizer : loss;
    if (!gradient) continue;
    for (long c = 0; c < classes; c++) {
      double part = share(targets, probabilities, label, c);
      gradient[c] = (float)((total * exp(z[c] - normalizer) - part) / job->divisor);
    }
  }
  job->correct[thread] = correct;
}

zk_loss zk_cross_entropy(
    const zk_targets *targets, const float *logits, bool divides, float *gradient, double *losses, int threads) {
  zk_loss loss = {0};
  for (long row = 0; row < targets->rows; row++) {
    if (is_ignored(targets, row)) continue;
    loss.counted++;
    loss.weight += targets->labels && targets->weights ? targets->weights[targets->labels[row]] : 1;
  }
  struct cross_entropy job = {
      .targets = targets, .logits = logits, .gradient = gradient, .losses = losses,
      .divisor = divides ? loss.weight : 1};
  int members = threads > MEMBERS ? MEMBERS : threads;
  if (targets->rows * targets->classes < ALONE) members = 1;
  zk_parallel(members, cross_entropy_part, &job);
  for (long row = 0; row < targets->rows; row++) loss.sum += losses[row];
  for (int i = 0; i < members; i++) loss.correct += job.correct[i];
  return loss;
}
