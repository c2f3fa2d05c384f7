// The optimizers' formulas for eight parameters in registers, shared by the passes over flat arrays and by the backward pass
// that uses its gradients at once. Every operation is rounded as written, so all callers give the same bytes.
#ifndef ZK_UPDATE_RULES_H
#define ZK_UPDATE_RULES_H

#include "ckernels_update.h"
#include "vector8.h"

/// How the formulas are specialised, so that loops have no branches: X(name, number of state tensors).
#define RULE_FORMS(X) \
  X(SGD_PLAIN, 0) X(SGD_FIRST, 1) X(SGD_MOMENTUM, 1) X(SGD_FIRST_NESTEROV, 1) X(SGD_NESTEROV, 1) \
  X(ADAM, 2) X(ADAM_AMSGRAD, 3) \
  X(RMSPROP, 1) X(RMSPROP_MOMENTUM, 2) X(RMSPROP_CENTERED, 2) X(RMSPROP_CENTERED_MOMENTUM, 3) \
  X(ADAGRAD, 1) X(NADAM, 2) X(LION, 1)

#define RULE_NAME(FORM, SLOTS) FORM,
enum rule_form { RULE_FORMS(RULE_NAME) LAMB };
#undef RULE_NAME

ZK_VECTOR_CODE_BEGIN

/// The state tensors of a form.
ZK_INLINE int rule_slots(enum rule_form form) {
#define RULE_SLOTS(FORM, SLOTS) case FORM: return SLOTS;
  switch (form) {
    RULE_FORMS(RULE_SLOTS)
  case LAMB: return 2;
  }
#undef RULE_SLOTS
  return 0;
}

/// Whether the form reads its state; the first steps of SGD only write it.
ZK_INLINE bool rule_reads(enum rule_form form) { return form != SGD_FIRST && form != SGD_FIRST_NESTEROV; }

ZK_INLINE v8 sgd_step(const zk_rule *rule, enum rule_form form, v8 g, v8 p, v8 *buffer) {
  if (form == SGD_FIRST || form == SGD_FIRST_NESTEROV) *buffer = g;
  if (form == SGD_MOMENTUM || form == SGD_NESTEROV) {
    *buffer = v8_fma(v8_set(rule->fresh), g, v8_set(rule->momentum) * *buffer);
  }
  v8 direction = g;
  if (form == SGD_FIRST || form == SGD_MOMENTUM) direction = *buffer;
  if (form == SGD_FIRST_NESTEROV || form == SGD_NESTEROV) direction = v8_fma(v8_set(rule->momentum), *buffer, g);
  return v8_fma(v8_set(-rule->learning_rate), direction, p);
}

/// Adam's two running means.
ZK_INLINE void move_moments(const zk_rule *rule, v8 g, v8 *first, v8 *second) {
  *first = v8_fma(v8_set(rule->one_minus_beta1), g - *first, *first);
  *second = v8_fma(v8_set(rule->one_minus_beta2) * g, g, v8_set(rule->beta2) * *second);
}

/// √(v / (1 − beta2^step)) + epsilon
ZK_INLINE v8 moment_root(const zk_rule *rule, v8 second) {
  return v8_fma(v8_sqrt(second), v8_set(rule->inverse_root), v8_set(rule->epsilon));
}

ZK_INLINE v8 adam_step(const zk_rule *rule, enum rule_form form, v8 g, v8 p, v8 *state) {
  move_moments(rule, g, &state[0], &state[1]);
  v8 second = state[1];
  if (form == ADAM_AMSGRAD) second = state[2] = v8_max(state[2], second);
  return v8_fma(v8_set(-rule->learning_rate), state[0] / moment_root(rule, second), p);
}

ZK_INLINE v8 nadam_step(const zk_rule *rule, v8 g, v8 p, v8 *state) {
  move_moments(rule, g, &state[0], &state[1]);
  v8 direction = v8_fma(v8_set(rule->gradient_share), g, v8_set(rule->moment_share) * state[0]);
  return v8_fma(v8_set(-rule->learning_rate), direction / moment_root(rule, state[1]), p);
}

ZK_INLINE v8 rmsprop_step(const zk_rule *rule, enum rule_form form, v8 g, v8 p, v8 *state) {
  bool is_centered = form == RMSPROP_CENTERED || form == RMSPROP_CENTERED_MOMENTUM;
  bool has_momentum = form == RMSPROP_MOMENTUM || form == RMSPROP_CENTERED_MOMENTUM;
  state[0] = v8_fma(v8_set(rule->one_minus_beta2) * g, g, v8_set(rule->beta2) * state[0]);
  v8 square = state[0];
  if (is_centered) {
    state[1] = v8_fma(v8_set(rule->one_minus_beta2), g - state[1], state[1]);
    square = v8_fma(-state[1], state[1], square);
  }
  v8 direction = g / (v8_sqrt(square) + v8_set(rule->epsilon));
  if (has_momentum) {
    v8 *buffer = &state[is_centered ? 2 : 1];
    direction = *buffer = v8_fma(v8_set(rule->momentum), *buffer, direction);
  }
  return v8_fma(v8_set(-rule->learning_rate), direction, p);
}

ZK_INLINE v8 adagrad_step(const zk_rule *rule, v8 g, v8 p, v8 *sum) {
  *sum = v8_fma(g, g, *sum + v8_set(rule->initial));
  return v8_fma(v8_set(-rule->learning_rate), g / (v8_sqrt(*sum) + v8_set(rule->epsilon)), p);
}

ZK_INLINE v8 lion_step(const zk_rule *rule, v8 g, v8 p, v8 *moment) {
  v8 direction = v8_sign(v8_fma(v8_set(rule->one_minus_beta1), g - *moment, *moment));
  *moment = v8_fma(v8_set(rule->one_minus_beta2), g - *moment, *moment);
  return v8_fma(v8_set(-rule->learning_rate), direction, p);
}

/// LAMB's direction, of moments that have been moved.
ZK_INLINE v8 lamb_direction(const zk_rule *rule, v8 p, v8 first, v8 second) {
  v8 adam = v8_set(rule->moment_share) * first / moment_root(rule, second);
  return v8_fma(v8_set(rule->weight_decay), p, adam);
}

/// The new parameters by any form but LAMB; the state is read and written as the form says.
ZK_INLINE v8 rule_step(const zk_rule *rule, enum rule_form form, v8 gradient, v8 parameter, v8 *state) {
  bool is_sgd = form <= SGD_NESTEROV;
  // SGD's decay is never decoupled.
  v8 p = is_sgd ? parameter : parameter * v8_set(rule->shrink);
  v8 g = v8_fma(v8_set(rule->weight_decay), p, gradient);
  switch (form) {
  case ADAM:
  case ADAM_AMSGRAD: return adam_step(rule, form, g, p, state);
  case RMSPROP:
  case RMSPROP_MOMENTUM:
  case RMSPROP_CENTERED:
  case RMSPROP_CENTERED_MOMENTUM: return rmsprop_step(rule, form, g, p, state);
  case ADAGRAD: return adagrad_step(rule, g, p, state);
  case NADAM: return nadam_step(rule, g, p, state);
  case LION: return lion_step(rule, g, p, state);
  default: return sgd_step(rule, form, g, p, state);
  }
}

ZK_VECTOR_CODE_END

#endif
