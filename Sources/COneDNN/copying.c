// Primitives that move elements: reorder and concatenation.
#include "internal.h"

zdnn_primitive *zdnn_reorder(zdnn_engine *engine, const zdnn_desc *src, const zdnn_desc *dst) {
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
  dnnl_status_t status = dnnl_reorder_primitive_desc_create(
      &pd, ZDNN_MD(src), engine->engine, ZDNN_MD(dst), engine->engine, attr);
  return zdnn_finish(status, pd, attr, "reorder");
}

zdnn_primitive *zdnn_concat(
    zdnn_engine *engine, int count, const zdnn_desc *const *sources, const zdnn_desc *dst) {
  enum { most = 48 };
  if (count > most) {
    zdnn_failed(dnnl_invalid_arguments, "concatenation of more than 48 inputs");
    return NULL;
  }
  dnnl_primitive_attr_t attr = zdnn_attributes(zdnn_no_post);
  dnnl_primitive_desc_t pd = NULL;
#if DNNL_VERSION_MAJOR >= 3
  const_dnnl_memory_desc_t list[most];
  for (int i = 0; i < count; i++) list[i] = sources[i]->md;
  dnnl_status_t status = dnnl_concat_primitive_desc_create(&pd, engine->engine, dst->md, count, 1, list, attr);
#else
  dnnl_memory_desc_t list[most];
  for (int i = 0; i < count; i++) list[i] = sources[i]->md;
  dnnl_status_t status = dnnl_concat_primitive_desc_create(&pd, &dst->md, count, 1, list, attr, engine->engine);
#endif
  return zdnn_finish(status, pd, attr, "concatenation");
}
