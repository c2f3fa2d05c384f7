#include "internal.h"

#include <string.h>

static bool is_gemm(dnnl_primitive_desc_t pd) {
  const char *name = NULL;
  return dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) == dnnl_success && name &&
         strstr(name, "gemm:jit") && !strstr(name, "brgemm");
}

#if DNNL_VERSION_MAJOR < 3
// oneDNN's first implementation of an operation, or its plain matrix product where that is wanted and there is one.
static dnnl_status_t choose(
    dnnl_primitive_desc_t *pd, const_dnnl_op_desc_t desc, dnnl_primitive_attr_t attr, dnnl_engine_t engine,
    dnnl_primitive_desc_t hint, bool wants_gemm) {
  dnnl_primitive_desc_iterator_t implementations = NULL;
  if (wants_gemm &&
      dnnl_primitive_desc_iterator_create(&implementations, desc, attr, engine, hint) == dnnl_success) {
    dnnl_status_t status = dnnl_success;
    while (status == dnnl_success) {
      dnnl_primitive_desc_t found = dnnl_primitive_desc_iterator_fetch(implementations);
      if (found && is_gemm(found)) {
        dnnl_primitive_desc_iterator_destroy(implementations);
        *pd = found;
        return dnnl_success;
      }
      if (found) dnnl_primitive_desc_destroy(found);
      status = dnnl_primitive_desc_iterator_next(implementations);
    }
    dnnl_primitive_desc_iterator_destroy(implementations);
  }
  return dnnl_primitive_desc_create(pd, desc, attr, engine, hint);
}
#else
// Goes on to oneDNN's plain matrix product where there is one; returns whether there is. Otherwise the descriptor is used up.
static bool advance_to_gemm(dnnl_primitive_desc_t pd) {
  while (!is_gemm(pd)) {
    if (dnnl_primitive_desc_next_impl(pd) != dnnl_success) return false;
  }
  return true;
}
#endif

zdnn_primitive *zdnn_linear_forward(
    zdnn_engine *engine, bool training, const zdnn_desc *src, const zdnn_desc *weights, const zdnn_desc *bias,
    const zdnn_desc *dst, zdnn_post post) {
  dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
  dnnl_primitive_attr_t attr = zdnn_attributes(post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_inner_product_forward_primitive_desc_create(
      &pd, engine->engine, kind, src->md, weights->md, bias ? bias->md : NULL, dst->md, attr);
#else
  dnnl_inner_product_desc_t desc;
  dnnl_status_t status = dnnl_inner_product_forward_desc_init(
      &desc, kind, &src->md, &weights->md, bias ? &bias->md : NULL, &dst->md);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, NULL);
#endif
  return zdnn_finish(status, pd, attr, "linear forward");
}

zdnn_primitive *zdnn_linear_backward_data(
    zdnn_engine *engine, bool wants_gemm, const zdnn_desc *diff_src, const zdnn_desc *weights,
    const zdnn_desc *diff_dst, const zdnn_primitive *forward) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_inner_product_backward_data_primitive_desc_create(
      &pd, engine->engine, diff_src->md, weights->md, diff_dst->md, zdnn_hint(forward), attr);
  if (status == dnnl_success && wants_gemm && !advance_to_gemm(pd)) {
    dnnl_primitive_desc_destroy(pd);
    status = dnnl_inner_product_backward_data_primitive_desc_create(
        &pd, engine->engine, diff_src->md, weights->md, diff_dst->md, zdnn_hint(forward), attr);
  }
#else
  dnnl_inner_product_desc_t desc;
  dnnl_status_t status =
      dnnl_inner_product_backward_data_desc_init(&desc, &diff_src->md, &weights->md, &diff_dst->md);
  if (status == dnnl_success) status = choose(&pd, &desc, attr, engine->engine, zdnn_hint(forward), wants_gemm);
#endif
  return zdnn_finish(status, pd, attr, "linear backward data");
}

zdnn_primitive *zdnn_linear_backward_weights(
    zdnn_engine *engine, bool wants_gemm, const zdnn_desc *src, const zdnn_desc *diff_weights,
    const zdnn_desc *diff_bias, const zdnn_desc *diff_dst, const zdnn_primitive *forward) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_inner_product_backward_weights_primitive_desc_create(
      &pd, engine->engine, src->md, diff_weights->md, diff_bias ? diff_bias->md : NULL, diff_dst->md,
      zdnn_hint(forward), attr);
  if (status == dnnl_success && wants_gemm && !advance_to_gemm(pd)) {
    dnnl_primitive_desc_destroy(pd);
    status = dnnl_inner_product_backward_weights_primitive_desc_create(
        &pd, engine->engine, src->md, diff_weights->md, diff_bias ? diff_bias->md : NULL, diff_dst->md,
        zdnn_hint(forward), attr);
  }
#else
  dnnl_inner_product_desc_t desc;
  dnnl_status_t status = dnnl_inner_product_backward_weights_desc_init(
      &desc, &src->md, &diff_weights->md, diff_bias ? &diff_bias->md : NULL, &diff_dst->md);
  if (status == dnnl_success) status = choose(&pd, &desc, attr, engine->engine, zdnn_hint(forward), wants_gemm);
#endif
  return zdnn_finish(status, pd, attr, "linear backward weights");
}
