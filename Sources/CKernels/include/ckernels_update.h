#ifndef CKERNELS_UPDATE_H
#define CKERNELS_UPDATE_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One update of an optimizer: its formula and constants at one step. Make it with one of the functions below, which compute
/// in double precision up to the last rounding, as PyTorch does with its scalars. `step` counts from 1.
///
/// Formulas are PyTorch's: g is the gradient, with weight_decay·p added unless the decay is decoupled; in that case p is
/// multiplied with 1 − learning_rate·weight_decay first.
typedef struct zk_rule {
  /// An `enum rule_form` of update_rules.h.
  int form;
  float learning_rate, momentum, fresh, beta1, one_minus_beta1, beta2, one_minus_beta2, epsilon;
  /// What p is multiplied with first: 1 unless the weight decay is decoupled.
  float shrink;
  /// What of p is added to g, or to LAMB's direction.
  float weight_decay;
  /// 1 / √(1 − beta2^step)
  float inverse_root;
  /// What of g and of the first moment is in the direction of NAdam; of LAMB the latter is 1 / (1 − beta1^step).
  float gradient_share, moment_share;
  /// What Adagrad adds to its sum: the initial value at the first step, then 0.
  float initial;
} zk_rule;

/// Tensors that a rule keeps for each parameter, at most.
enum { ZK_RULE_SLOTS = 3 };

/// torch.optim.SGD: b = momentum·b + (1 − dampening)·g, or b = g at the `first` step; with nesterov g + momentum·b instead of b;
/// p −= learning_rate·b. State: b, or none without momentum.
zk_rule zk_sgd_rule(
    double learning_rate, double momentum, double dampening, double weight_decay, bool nesterov, bool first);

/// torch.optim.Adam, or AdamW if `decoupled`: m += (1 − beta1)·(g − m); v = beta2·v + (1 − beta2)·g²;
/// p −= learning_rate / (1 − beta1^step) · m / (√v / √(1 − beta2^step) + epsilon); with amsgrad, the largest v so far instead
/// of v. State: m, v, and the largest v.
zk_rule zk_adam_rule(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, bool decoupled,
    bool amsgrad);

/// torch.optim.RMSprop: v = alpha·v + (1 − alpha)·g²; if centered, a += (1 − alpha)·(g − a) and v − a² instead of v;
/// d = g / (√v + epsilon); with momentum, b = momentum·b + d instead of d; p −= learning_rate·d. State: v, a, b as used.
zk_rule zk_rmsprop_rule(
    double learning_rate, double alpha, double epsilon, double weight_decay, double momentum, bool centered);

/// torch.optim.Adagrad: s += g²; p −= learning_rate / (1 + (step − 1)·rate_decay) · g / (√s + epsilon). State: s, of which
/// every element begins as `initial`: zeros in memory at step 1.
zk_rule zk_adagrad_rule(
    long step, double learning_rate, double rate_decay, double epsilon, double weight_decay, double initial);

/// torch.optim.NAdam, with μ_t = beta1·(1 − 0.96^(t·momentum_decay) / 2):
/// p −= learning_rate · ((1 − μ_t)·g / (1 − Πμ) + μ_{t+1}·m / (1 − Πμ·μ_{t+1})) / (√v / √(1 − beta2^step) + epsilon).
/// State: m, v.
zk_rule zk_nadam_rule(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
    double momentum_decay, bool decoupled);

/// μ_1 · … · μ_step of NAdam, rounded to float at each product as PyTorch's `mu_product` is.
float zk_nadam_mu_product(long step, double beta1, double momentum_decay);

/// Lion (Chen et al. 2023, algorithm 2): p −= learning_rate·(sign(beta1·m + (1 − beta1)·g) + weight_decay·p), then
/// m = beta2·m + (1 − beta2)·g. State: m.
zk_rule zk_lion_rule(double learning_rate, double beta1, double beta2, double weight_decay);

/// LAMB (You et al. 2020, algorithm 2, φ the identity): Adam's m and v; r = m̂ / (√v̂ + epsilon) + weight_decay·p;
/// p −= learning_rate · ‖p‖ / ‖r‖ · r, where the quotient is 1 if a norm is 0. State: m, v.
zk_rule zk_lamb_rule(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay);

/// Whether each parameter's update depends on its own gradient alone: all but LAMB's.
bool zk_rule_is_elementwise(const zk_rule *_Nonnull rule);

/// Updates `count` parameters, which are a whole tensor, and their state in one pass; LAMB needs two. Every gradient is
/// multiplied with `scale` first (1, or a clip coefficient). The gradient is only read. `state` has the rule's tensors in
/// the order given above.
void zk_update(
    const zk_rule *_Nonnull rule, long count, float scale, const float *_Nonnull gradient, float *_Nonnull parameter,
    float *_Nonnull const *_Nullable state, int threads);

#ifdef __cplusplus
}
#endif

#endif
