// What the parts of the shim share, and the differences between oneDNN 2.x and 3.x that they hide.
#ifndef CONEDNN_INTERNAL_H
#define CONEDNN_INTERNAL_H

#include "conednn.h"
#include <dnnl.h>

#if DNNL_VERSION_MAJOR >= 3
// Descriptors are opaque and owned.
typedef const_dnnl_memory_desc_t zdnn_md;
#define ZDNN_MD(desc) ((desc)->md)
#else
// Descriptors are plain structs.
typedef const dnnl_memory_desc_t *zdnn_md;
#define ZDNN_MD(desc) (&(desc)->md)
#endif

struct zdnn_engine {
  dnnl_engine_t engine;
  dnnl_stream_t stream;
};

struct zdnn_desc {
  dnnl_memory_desc_t md;
};

struct zdnn_memory {
  dnnl_memory_t memory;
};

struct zdnn_primitive {
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t primitive;
};

/// Keeps the reason of a failure; returns whether `status` is one.
bool zdnn_failed(dnnl_status_t status, const char *what);

/// Attributes: a scratchpad of the caller's and what is fused after the primitive.
dnnl_primitive_attr_t zdnn_attributes(zdnn_post post);
static const zdnn_post zdnn_no_post = {false, ZDNN_IDENTITY};

/// A primitive of a descriptor, which it takes over. `status` is that of the descriptor's creation.
zdnn_primitive *zdnn_finish(dnnl_status_t status, dnnl_primitive_desc_t pd, dnnl_primitive_attr_t attr, const char *what);

/// oneDNN's number for one of our arguments.
int zdnn_argument_code(int argument);

static inline dnnl_primitive_desc_t zdnn_hint(const zdnn_primitive *forward) { return forward ? forward->pd : NULL; }

#endif
