#ifndef CKERNELS_UPDATE_H
#define CKERNELS_UPDATE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// torch.optim.SGD: g += weight_decay·p; b = momentum·b + (1 − dampening)·g, or b = g at the `first` step; with nesterov
/// g + momentum·b instead of b; p −= learning_rate·b. Without momentum there is no b.
typedef struct zk_sgd {
  float learning_rate, momentum, dampening, weight_decay;
  bool nesterov;
  /// Whether the momentum buffer holds nothing yet.
  bool first;
} zk_sgd;

/// torch.optim.Adam, or AdamW if `decoupled`: m += (1 − beta1)·(g − m); v = beta2·v + (1 − beta2)·g²;
/// p −= step_size·m / (√v·inverse_root + epsilon). Make it with zk_adam_at.
typedef struct zk_adam {
  float beta1, beta2, epsilon, one_minus_beta1, one_minus_beta2;
  /// What p is multiplied with first: 1 − learning_rate·weight_decay if decoupled, else 1.
  float shrink;
  /// What of p is added to g: weight_decay unless decoupled.
  float weight_decay;
  /// learning_rate / (1 − beta1^step)
  float step_size;
  /// 1 / √(1 − beta2^step)
  float inverse_root;
} zk_adam;

/// The update number `step`, from 1, of Adam; in double precision up to the last rounding, as PyTorch's scalars are.
zk_adam zk_adam_at(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, bool decoupled);

/// Updates `count` parameters in one pass. Every gradient is multiplied with `scale` first (1, or a clip coefficient). `momentum`
/// is NULL if and only if the rule has none. The gradient is only read.
void zk_update_sgd(
    const zk_sgd *_Nonnull rule, long count, float scale, const float *_Nonnull gradient, float *_Nonnull parameter,
    float *_Nullable momentum, int threads);

/// Updates `count` parameters and both moments in one pass, like zk_update_sgd.
void zk_update_adam(
    const zk_adam *_Nonnull rule, long count, float scale, const float *_Nonnull gradient, float *_Nonnull parameter,
    float *_Nonnull first_moment, float *_Nonnull second_moment, int threads);

#ifdef __cplusplus
}
#endif

#endif
