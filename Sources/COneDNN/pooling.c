#include "internal.h"

static dnnl_alg_kind_t pooling_kind(zdnn_pooling pooling) {
  switch (pooling) {
  case ZDNN_POOL_MAX: return dnnl_pooling_max;
  case ZDNN_POOL_AVERAGE_WITH_PADDING: return dnnl_pooling_avg_include_padding;
  case ZDNN_POOL_AVERAGE: return dnnl_pooling_avg_exclude_padding;
  }
  return dnnl_alg_kind_undef;
}

#if DNNL_VERSION_MAJOR < 3
static bool is_dense(const zdnn_window *w) { return w->dilation[0] == 1 && w->dilation[1] == 1; }
#endif

zdnn_primitive *zdnn_pooling_forward(
    zdnn_engine *engine, zdnn_pooling pooling, bool training, const zdnn_desc *src, const zdnn_desc *dst,
    const zdnn_window *w) {
  dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
  dnnl_dim_t dilates[2] = {w->dilation[0] - 1, w->dilation[1] - 1};
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_pooling_forward_primitive_desc_create(
      &pd, engine->engine, kind, pooling_kind(pooling), src->md, dst->md, w->stride, w->kernel, dilates,
      w->padding_before, w->padding_after, attr);
#else
  dnnl_status_t status;
  if (is_dense(w)) {  // the second version of the descriptor finds only reference kernels here
    dnnl_pooling_desc_t desc;
    status = dnnl_pooling_forward_desc_init(
        &desc, kind, pooling_kind(pooling), &src->md, &dst->md, w->stride, w->kernel, w->padding_before,
        w->padding_after);
    if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, NULL);
  } else {
    dnnl_pooling_v2_desc_t desc;
    status = dnnl_pooling_v2_forward_desc_init(
        &desc, kind, pooling_kind(pooling), &src->md, &dst->md, w->stride, w->kernel, dilates, w->padding_before,
        w->padding_after);
    if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, NULL);
  }
#endif
  return zdnn_finish(status, pd, attr, "pooling forward");
}

zdnn_primitive *zdnn_pooling_backward(
    zdnn_engine *engine, zdnn_pooling pooling, const zdnn_desc *diff_src, const zdnn_desc *diff_dst,
    const zdnn_window *w, const zdnn_primitive *forward) {
  dnnl_dim_t dilates[2] = {w->dilation[0] - 1, w->dilation[1] - 1};
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_pooling_backward_primitive_desc_create(
      &pd, engine->engine, pooling_kind(pooling), diff_src->md, diff_dst->md, w->stride, w->kernel, dilates,
      w->padding_before, w->padding_after, zdnn_hint(forward), attr);
#else
  dnnl_status_t status;
  if (is_dense(w)) {
    dnnl_pooling_desc_t desc;
    status = dnnl_pooling_backward_desc_init(
        &desc, pooling_kind(pooling), &diff_src->md, &diff_dst->md, w->stride, w->kernel, w->padding_before,
        w->padding_after);
    if (status == dnnl_success)
      status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
  } else {
    dnnl_pooling_v2_desc_t desc;
    status = dnnl_pooling_v2_backward_desc_init(
        &desc, pooling_kind(pooling), &diff_src->md, &diff_dst->md, w->stride, w->kernel, dilates, w->padding_before,
        w->padding_after);
    if (status == dnnl_success)
      status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
  }
#endif
  return zdnn_finish(status, pd, attr, "pooling backward");
}
