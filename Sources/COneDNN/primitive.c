// What all primitives share: attributes, creation, execution.
#include "internal.h"

#include <stdlib.h>

static void append(dnnl_post_ops_t ops, dnnl_alg_kind_t kind, float alpha, float beta) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_post_ops_append_eltwise(ops, kind, alpha, beta);
#else
  dnnl_post_ops_append_eltwise(ops, 1.0f, kind, alpha, beta);
#endif
}

static void append_function(dnnl_post_ops_t ops, zdnn_function function) {
  switch (function) {
  case ZDNN_IDENTITY: return;
  case ZDNN_RELU: append(ops, dnnl_eltwise_relu, 0.0f, 0.0f); return;
  case ZDNN_RELU6: append(ops, dnnl_eltwise_clip, 0.0f, 6.0f); return;
  case ZDNN_SIGMOID: append(ops, dnnl_eltwise_logistic, 0.0f, 0.0f); return;
  case ZDNN_SILU: append(ops, dnnl_eltwise_swish, 1.0f, 0.0f); return;
  case ZDNN_HARD_SIGMOID:
    append(ops, dnnl_eltwise_linear, 1.0f / 6, 0.5f);
    append(ops, dnnl_eltwise_clip, 0.0f, 1.0f);
    return;
#if DNNL_VERSION_MAJOR >= 3
  case ZDNN_HARD_SWISH: append(ops, dnnl_eltwise_hardswish, 1.0f / 6, 0.5f); return;
#else
  case ZDNN_HARD_SWISH: append(ops, dnnl_eltwise_hardswish, 0.0f, 0.0f); return;
#endif
  case ZDNN_GELU: append(ops, dnnl_eltwise_gelu_erf, 0.0f, 0.0f); return;
  case ZDNN_TANH: append(ops, dnnl_eltwise_tanh, 0.0f, 0.0f); return;
  }
}

dnnl_primitive_attr_t zdnn_attributes(zdnn_post post) {
  dnnl_primitive_attr_t attr = NULL;
  if (dnnl_primitive_attr_create(&attr) != dnnl_success) return NULL;
  dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
  if (!post.sum && post.function == ZDNN_IDENTITY) return attr;
  dnnl_post_ops_t ops = NULL;
  if (dnnl_post_ops_create(&ops) != dnnl_success) return attr;
#if DNNL_VERSION_MAJOR >= 3
  if (post.sum) dnnl_post_ops_append_sum(ops, 1.0f, 0, dnnl_data_type_undef);
#else
  if (post.sum) dnnl_post_ops_append_sum(ops, 1.0f);
#endif
  append_function(ops, post.function);
  dnnl_primitive_attr_set_post_ops(attr, ops);
  dnnl_post_ops_destroy(ops);
  return attr;
}

zdnn_primitive *zdnn_finish(
    dnnl_status_t status, dnnl_primitive_desc_t pd, dnnl_primitive_attr_t attr, const char *what) {
  if (attr) dnnl_primitive_attr_destroy(attr);
  if (zdnn_failed(status, what)) return NULL;
  zdnn_primitive *result = calloc(1, sizeof *result);
  if (!result || zdnn_failed(dnnl_primitive_create(&result->primitive, pd), what)) {
    dnnl_primitive_desc_destroy(pd);
    free(result);
    return NULL;
  }
  result->pd = pd;
  return result;
}

void zdnn_primitive_destroy(zdnn_primitive *primitive) {
  dnnl_primitive_destroy(primitive->primitive);
  dnnl_primitive_desc_destroy(primitive->pd);
  free(primitive);
}

const char *zdnn_primitive_implementation(const zdnn_primitive *primitive) {
  const char *name = NULL;
  if (dnnl_primitive_desc_query(primitive->pd, dnnl_query_impl_info_str, 0, &name) != dnnl_success || !name) return "";
  return name;
}

int zdnn_argument_code(int argument) {
  if (argument >= ZDNN_MULTIPLE_SRC) return DNNL_ARG_MULTIPLE_SRC + (argument - ZDNN_MULTIPLE_SRC);
  switch ((zdnn_argument)argument) {
  case ZDNN_SRC: return DNNL_ARG_SRC;
  case ZDNN_DST: return DNNL_ARG_DST;
  case ZDNN_WEIGHTS: return DNNL_ARG_WEIGHTS;
  case ZDNN_BIAS: return DNNL_ARG_BIAS;
  case ZDNN_MEAN: return DNNL_ARG_MEAN;
  case ZDNN_VARIANCE: return DNNL_ARG_VARIANCE;
  case ZDNN_SCALE: return DNNL_ARG_SCALE;
  case ZDNN_SHIFT: return DNNL_ARG_SHIFT;
  case ZDNN_WORKSPACE: return DNNL_ARG_WORKSPACE;
  case ZDNN_SCRATCHPAD: return DNNL_ARG_SCRATCHPAD;
  case ZDNN_DIFF_SRC: return DNNL_ARG_DIFF_SRC;
  case ZDNN_DIFF_DST: return DNNL_ARG_DIFF_DST;
  case ZDNN_DIFF_WEIGHTS: return DNNL_ARG_DIFF_WEIGHTS;
  case ZDNN_DIFF_BIAS: return DNNL_ARG_DIFF_BIAS;
  case ZDNN_DIFF_SCALE: return DNNL_ARG_DIFF_SCALE;
  case ZDNN_DIFF_SHIFT: return DNNL_ARG_DIFF_SHIFT;
  case ZDNN_MULTIPLE_SRC: return DNNL_ARG_MULTIPLE_SRC;
  }
  return 0;
}

int zdnn_execute(
    zdnn_engine *engine, const zdnn_primitive *primitive, int count, const int *arguments,
    zdnn_memory *const *memories) {
  enum { most = 64 };
  if (count > most) return zdnn_failed(dnnl_invalid_arguments, "execution with more than 64 arguments");
  dnnl_exec_arg_t list[most];
  for (int i = 0; i < count; i++) {
    list[i].arg = zdnn_argument_code(arguments[i]);
    list[i].memory = memories[i]->memory;
  }
  if (zdnn_failed(dnnl_primitive_execute(primitive->primitive, engine->stream, count, list), "execution")) return 1;
  return zdnn_failed(dnnl_stream_wait(engine->stream), "stream");
}
