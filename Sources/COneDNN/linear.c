#include "internal.h"

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
    zdnn_engine *engine, const zdnn_desc *diff_src, const zdnn_desc *weights, const zdnn_desc *diff_dst,
    const zdnn_primitive *forward) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_inner_product_backward_data_primitive_desc_create(
      &pd, engine->engine, diff_src->md, weights->md, diff_dst->md, zdnn_hint(forward), attr);
#else
  dnnl_inner_product_desc_t desc;
  dnnl_status_t status =
      dnnl_inner_product_backward_data_desc_init(&desc, &diff_src->md, &weights->md, &diff_dst->md);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
#endif
  return zdnn_finish(status, pd, attr, "linear backward data");
}

zdnn_primitive *zdnn_linear_backward_weights(
    zdnn_engine *engine, const zdnn_desc *src, const zdnn_desc *diff_weights, const zdnn_desc *diff_bias,
    const zdnn_desc *diff_dst, const zdnn_primitive *forward) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_inner_product_backward_weights_primitive_desc_create(
      &pd, engine->engine, src->md, diff_weights->md, diff_bias ? diff_bias->md : NULL, diff_dst->md,
      zdnn_hint(forward), attr);
#else
  dnnl_inner_product_desc_t desc;
  dnnl_status_t status = dnnl_inner_product_backward_weights_desc_init(
      &desc, &src->md, &diff_weights->md, diff_bias ? &diff_bias->md : NULL, &diff_dst->md);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
#endif
  return zdnn_finish(status, pd, attr, "linear backward weights");
}
