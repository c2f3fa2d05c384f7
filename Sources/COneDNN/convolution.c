#include "internal.h"

static dnnl_alg_kind_t algorithm_kind(zdnn_algorithm algorithm) {
  return algorithm == ZDNN_WINOGRAD ? dnnl_convolution_winograd : dnnl_convolution_direct;
}

/// oneDNN counts the gaps between the taps: 0 is dense.
static void gaps(const zdnn_window *window, dnnl_dim_t out[2]) {
  for (int i = 0; i < 2; i++) out[i] = window->dilation[i] - 1;
}

zdnn_primitive *zdnn_convolution_forward(
    zdnn_engine *engine, zdnn_algorithm algorithm, bool training, const zdnn_desc *src, const zdnn_desc *weights,
    const zdnn_desc *bias, const zdnn_desc *dst, const zdnn_window *w, zdnn_post post) {
  dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
  dnnl_dim_t dilates[2];
  gaps(w, dilates);
  dnnl_primitive_attr_t attr = zdnn_attributes(post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_convolution_forward_primitive_desc_create(
      &pd, engine->engine, kind, algorithm_kind(algorithm), src->md, weights->md, bias ? bias->md : NULL, dst->md,
      w->stride, dilates, w->padding_before, w->padding_after, attr);
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &desc, kind, algorithm_kind(algorithm), &src->md, &weights->md, bias ? &bias->md : NULL, &dst->md, w->stride,
      dilates, w->padding_before, w->padding_after);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, NULL);
#endif
  return zdnn_finish(status, pd, attr, "convolution forward");
}

zdnn_primitive *zdnn_convolution_backward_data(
    zdnn_engine *engine, zdnn_algorithm algorithm, const zdnn_desc *diff_src, const zdnn_desc *weights,
    const zdnn_desc *diff_dst, const zdnn_window *w, const zdnn_primitive *forward) {
  dnnl_dim_t dilates[2];
  gaps(w, dilates);
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_convolution_backward_data_primitive_desc_create(
      &pd, engine->engine, algorithm_kind(algorithm), diff_src->md, weights->md, diff_dst->md, w->stride, dilates,
      w->padding_before, w->padding_after, zdnn_hint(forward), attr);
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_dilated_convolution_backward_data_desc_init(
      &desc, algorithm_kind(algorithm), &diff_src->md, &weights->md, &diff_dst->md, w->stride, dilates,
      w->padding_before, w->padding_after);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
#endif
  return zdnn_finish(status, pd, attr, "convolution backward data");
}

zdnn_primitive *zdnn_convolution_backward_weights(
    zdnn_engine *engine, zdnn_algorithm algorithm, const zdnn_desc *src, const zdnn_desc *diff_weights,
    const zdnn_desc *diff_bias, const zdnn_desc *diff_dst, const zdnn_window *w, const zdnn_primitive *forward) {
  dnnl_dim_t dilates[2];
  gaps(w, dilates);
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_convolution_backward_weights_primitive_desc_create(
      &pd, engine->engine, algorithm_kind(algorithm), src->md, diff_weights->md, diff_bias ? diff_bias->md : NULL,
      diff_dst->md, w->stride, dilates, w->padding_before, w->padding_after, zdnn_hint(forward), attr);
#else
  dnnl_convolution_desc_t desc;
  dnnl_status_t status = dnnl_dilated_convolution_backward_weights_desc_init(
      &desc, algorithm_kind(algorithm), &src->md, &diff_weights->md, diff_bias ? &diff_bias->md : NULL, &diff_dst->md,
      w->stride, dilates, w->padding_before, w->padding_after);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
#endif
  return zdnn_finish(status, pd, attr, "convolution backward weights");
}
