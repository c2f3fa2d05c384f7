// Softmax cross entropy with everything that torch.nn.functional.cross_entropy takes.
#ifndef CKERNELS_LOSS_H
#define CKERNELS_LOSS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What the loss of a batch is measured against. With the targets t (1 at the label, or given as probabilities), smoothing ε
/// and weights w, a row's loss is −Σ_c w_c·((1 − ε)·t_c + ε/classes)·log p_c.
typedef struct zk_targets {
  long rows, classes;
  /// [rows], each in [0, classes) or the ignored one, checked by the caller; NULL when there are probabilities.
  const int32_t *_Nullable labels;
  /// [rows, classes], or NULL when there are labels.
  const float *_Nullable probabilities;
  /// [classes], or NULL when all are 1.
  const float *_Nullable weights;
  /// ε, in [0, 1).
  double smoothing;
  /// Whether rows with the label `ignored` count for nothing.
  bool ignores;
  int32_t ignored;
} zk_targets;

/// The loss of a batch.
typedef struct zk_loss {
  /// Over the rows.
  double sum;
  /// What the sum is divided by for the mean: Σ w of the labels that are not ignored; with probabilities, the rows.
  double weight;
  /// Rows that are not ignored, and those of them whose first largest logit is at the label, or at the first largest
  /// probability.
  long counted, correct;
} zk_loss;

/// Softmax and cross entropy.
/// - logits [rows, classes].
/// - divides: whether derivatives are the mean's (divided by `weight`) or the sum's.
/// - gradient: [rows, classes], the derivative for the logits, or NULL; zeros in rows that are ignored.
/// - losses: room for `rows` numbers.
zk_loss zk_cross_entropy(
    const zk_targets *_Nonnull targets, const float *_Nonnull logits, bool divides, float *_Nullable gradient,
    double *_Nonnull losses, int threads);

#ifdef __cplusplus
}
#endif

#endif
