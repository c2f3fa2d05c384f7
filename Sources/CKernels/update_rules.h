// The optimizers' formulas for eight parameters in registers, shared by the passes over flat arrays and by the backward pass
// that uses its gradients at once. Every operation is rounded as written, so all callers give the same bytes.
#ifndef ZK_UPDATE_RULES_H
#define ZK_UPDATE_RULES_H

#include "ckernels_update.h"
#include "vector8.h"

ZK_VECTOR_CODE_BEGIN

/// How SGD's formula is specialised, so that its loop has no branches.
enum sgd_form { SGD_PLAIN, SGD_FIRST, SGD_MOMENTUM, SGD_FIRST_NESTEROV, SGD_NESTEROV };

ZK_INLINE enum sgd_form sgd_form_of(const zk_sgd *rule) {
  if (rule->momentum == 0) return SGD_PLAIN;
  if (rule->nesterov) return rule->first ? SGD_FIRST_NESTEROV : SGD_NESTEROV;
  return rule->first ? SGD_FIRST : SGD_MOMENTUM;
}

/// The new parameters; *buffer is read and written as the form says.
ZK_INLINE v8 sgd_step(const zk_sgd *rule, enum sgd_form form, v8 gradient, v8 parameter, v8 *buffer) {
  v8 g = v8_fma(v8_set(rule->weight_decay), parameter, gradient);
  if (form == SGD_FIRST || form == SGD_FIRST_NESTEROV) *buffer = g;
  if (form == SGD_MOMENTUM || form == SGD_NESTEROV) {
    *buffer = v8_fma(v8_set(1 - rule->dampening), g, v8_set(rule->momentum) * *buffer);
  }
  v8 direction = g;
  if (form == SGD_FIRST || form == SGD_MOMENTUM) direction = *buffer;
  if (form == SGD_FIRST_NESTEROV || form == SGD_NESTEROV) direction = v8_fma(v8_set(rule->momentum), *buffer, g);
  return v8_fma(v8_set(-rule->learning_rate), direction, parameter);
}

ZK_INLINE v8 adam_step(const zk_adam *rule, v8 gradient, v8 parameter, v8 *first, v8 *second) {
  v8 p = parameter * v8_set(rule->shrink);
  v8 g = v8_fma(v8_set(rule->weight_decay), p, gradient);
  *first = v8_fma(v8_set(rule->one_minus_beta1), g - *first, *first);
  *second = v8_fma(v8_set(rule->one_minus_beta2) * g, g, v8_set(rule->beta2) * *second);
  v8 divisor = v8_fma(v8_sqrt(*second), v8_set(rule->inverse_root), v8_set(rule->epsilon));
  return v8_fma(v8_set(-rule->step_size), *first / divisor, p);
}

ZK_VECTOR_CODE_END

#endif
