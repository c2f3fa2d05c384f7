// Batch normalisation and local response normalisation.
#include "internal.h"

bool zdnn_batch_norm_backward_takes_shift(void) { return DNNL_VERSION_MAJOR < 3; }

static unsigned norm_flags(bool takes_statistics, bool fuse_relu) {
  unsigned flags = dnnl_use_scale | dnnl_use_shift;
  if (takes_statistics) flags |= dnnl_use_global_stats;
  if (fuse_relu) flags |= dnnl_fuse_norm_relu;
  return flags;
}

zdnn_primitive *zdnn_batch_norm_forward(
    zdnn_engine *engine, bool training, bool takes_statistics, const zdnn_desc *src, float epsilon, bool fuse_relu) {
  dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_batch_normalization_forward_primitive_desc_create(
      &pd, engine->engine, kind, src->md, src->md, epsilon, norm_flags(takes_statistics, fuse_relu), attr);
#else
  dnnl_batch_normalization_desc_t desc;
  dnnl_status_t status = dnnl_batch_normalization_forward_desc_init(
      &desc, kind, &src->md, epsilon, norm_flags(takes_statistics, fuse_relu));
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, NULL);
#endif
  return zdnn_finish(status, pd, attr, "batch normalisation forward");
}

zdnn_primitive *zdnn_batch_norm_backward(
    zdnn_engine *engine, bool takes_statistics, const zdnn_desc *src, const zdnn_desc *diff, float epsilon,
    bool fuse_relu, const zdnn_primitive *forward) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_batch_normalization_backward_primitive_desc_create(
      &pd, engine->engine, dnnl_backward, diff->md, diff->md, src->md, epsilon,
      norm_flags(takes_statistics, fuse_relu), zdnn_hint(forward), attr);
#else
  dnnl_batch_normalization_desc_t desc;
  dnnl_status_t status = dnnl_batch_normalization_backward_desc_init(
      &desc, dnnl_backward, &diff->md, &src->md, epsilon, norm_flags(takes_statistics, fuse_relu));
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
#endif
  return zdnn_finish(status, pd, attr, "batch normalisation backward");
}

zdnn_primitive *zdnn_lrn_forward(
    zdnn_engine *engine, bool training, const zdnn_desc *src, int64_t size, float alpha, float beta, float k) {
  dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_lrn_forward_primitive_desc_create(
      &pd, engine->engine, kind, dnnl_lrn_across_channels, src->md, src->md, size, alpha, beta, k, attr);
#else
  dnnl_lrn_desc_t desc;
  dnnl_status_t status =
      dnnl_lrn_forward_desc_init(&desc, kind, dnnl_lrn_across_channels, &src->md, size, alpha, beta, k);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, NULL);
#endif
  return zdnn_finish(status, pd, attr, "local response normalisation forward");
}

zdnn_primitive *zdnn_lrn_backward(
    zdnn_engine *engine, const zdnn_desc *src, const zdnn_desc *diff, int64_t size, float alpha, float beta, float k,
    const zdnn_primitive *forward) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_lrn_backward_primitive_desc_create(
      &pd, engine->engine, dnnl_lrn_across_channels, diff->md, diff->md, src->md, size, alpha, beta, k,
      zdnn_hint(forward), attr);
#else
  dnnl_lrn_desc_t desc;
  dnnl_status_t status = dnnl_lrn_backward_desc_init(
      &desc, dnnl_lrn_across_channels, &diff->md, &src->md, size, alpha, beta, k);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&pd, &desc, attr, engine->engine, zdnn_hint(forward));
#endif
  return zdnn_finish(status, pd, attr, "local response normalisation backward");
}
