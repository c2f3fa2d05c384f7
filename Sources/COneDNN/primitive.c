// What all primitives share: attributes, creation, execution.
#include "internal.h"

#include <stdlib.h>

dnnl_primitive_attr_t zdnn_attributes(int post) {
  dnnl_primitive_attr_t attr = NULL;
  if (dnnl_primitive_attr_create(&attr) != dnnl_success) return NULL;
  dnnl_primitive_attr_set_scratchpad_mode(attr, dnnl_scratchpad_mode_user);
  if (post == ZDNN_POST_NONE) return attr;
  dnnl_post_ops_t ops = NULL;
  if (dnnl_post_ops_create(&ops) != dnnl_success) return attr;
#if DNNL_VERSION_MAJOR >= 3
  if (post & ZDNN_POST_SUM) dnnl_post_ops_append_sum(ops, 1.0f, 0, dnnl_data_type_undef);
  if (post & ZDNN_POST_RELU) dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0.0f, 0.0f);
#else
  if (post & ZDNN_POST_SUM) dnnl_post_ops_append_sum(ops, 1.0f);
  if (post & ZDNN_POST_RELU) dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
#endif
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
