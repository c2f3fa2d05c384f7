// The constants of one application of each rule, in double precision up to the last rounding.
#include <math.h>

#include "update_rules.h"

zk_rule zk_sgd_rule(
    double learning_rate, double momentum, double dampening, double weight_decay, bool nesterov, bool first) {
  enum rule_form form = first ? SGD_FIRST : SGD_MOMENTUM;
  if (nesterov) form = first ? SGD_FIRST_NESTEROV : SGD_NESTEROV;
  return (zk_rule){
      .form = momentum == 0 ? SGD_PLAIN : form,
      .learning_rate = (float)learning_rate,
      .momentum = (float)momentum,
      .fresh = (float)(1 - dampening),
      .shrink = 1,
      .weight_decay = (float)weight_decay,
  };
}

/// What all rules with two moments share.
static zk_rule moments_rule(
    enum rule_form form, long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
    bool decoupled) {
  return (zk_rule){
      .form = form,
      .learning_rate = (float)learning_rate,
      .beta1 = (float)beta1,
      .one_minus_beta1 = (float)(1 - beta1),
      .beta2 = (float)beta2,
      .one_minus_beta2 = (float)(1 - beta2),
      .epsilon = (float)epsilon,
      .shrink = decoupled ? (float)(1 - learning_rate * weight_decay) : 1,
      .weight_decay = decoupled ? 0 : (float)weight_decay,
      .inverse_root = (float)(1 / sqrt(1 - pow(beta2, (double)step))),
  };
}

zk_rule zk_adam_rule(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay, bool decoupled,
    bool amsgrad) {
  zk_rule rule = moments_rule(
      amsgrad ? ADAM_AMSGRAD : ADAM, step, learning_rate, beta1, beta2, epsilon, weight_decay, decoupled);
  rule.learning_rate = (float)(learning_rate / (1 - pow(beta1, (double)step)));
  return rule;
}

zk_rule zk_rmsprop_rule(
    double learning_rate, double alpha, double epsilon, double weight_decay, double momentum, bool centered) {
  enum rule_form form = centered ? RMSPROP_CENTERED : RMSPROP;
  if (momentum != 0) form = centered ? RMSPROP_CENTERED_MOMENTUM : RMSPROP_MOMENTUM;
  return (zk_rule){
      .form = form,
      .learning_rate = (float)learning_rate,
      .momentum = (float)momentum,
      .beta2 = (float)alpha,
      .one_minus_beta2 = (float)(1 - alpha),
      .epsilon = (float)epsilon,
      .shrink = 1,
      .weight_decay = (float)weight_decay,
  };
}

zk_rule zk_adagrad_rule(
    long step, double learning_rate, double rate_decay, double epsilon, double weight_decay, double initial) {
  return (zk_rule){
      .form = ADAGRAD,
      .learning_rate = (float)(learning_rate / (1 + (double)(step - 1) * rate_decay)),
      .epsilon = (float)epsilon,
      .shrink = 1,
      .weight_decay = (float)weight_decay,
      .initial = step == 1 ? (float)initial : 0,
  };
}

/// μ_t
static double nadam_mu(long step, double beta1, double momentum_decay) {
  return beta1 * (1 - 0.5 * pow(0.96, (double)step * momentum_decay));
}

float zk_nadam_mu_product(long step, double beta1, double momentum_decay) {
  float product = 1;
  // Each factor is below beta1 < 1: the product is 0 after some hundreds.
  for (long t = 1; t <= step && product != 0; t++) product *= (float)nadam_mu(t, beta1, momentum_decay);
  return product;
}

zk_rule zk_nadam_rule(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay,
    double momentum_decay, bool decoupled) {
  zk_rule rule = moments_rule(NADAM, step, learning_rate, beta1, beta2, epsilon, weight_decay, decoupled);
  double product = zk_nadam_mu_product(step, beta1, momentum_decay);
  double mu = nadam_mu(step, beta1, momentum_decay), next = nadam_mu(step + 1, beta1, momentum_decay);
  rule.gradient_share = (float)((1 - mu) / (1 - product));
  rule.moment_share = (float)(next / (1 - product * next));
  return rule;
}

zk_rule zk_lion_rule(double learning_rate, double beta1, double beta2, double weight_decay) {
  return moments_rule(LION, 1, learning_rate, beta1, beta2, 0, weight_decay, true);
}

zk_rule zk_lamb_rule(
    long step, double learning_rate, double beta1, double beta2, double epsilon, double weight_decay) {
  zk_rule rule = moments_rule(LAMB, step, learning_rate, beta1, beta2, epsilon, weight_decay, false);
  rule.moment_share = (float)(1 / (1 - pow(beta1, (double)step)));
  return rule;
}

bool zk_rule_is_elementwise(const zk_rule *rule) { return rule->form != LAMB; }
