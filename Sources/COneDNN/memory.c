// Engines, descriptors and memories.
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern void omp_set_num_threads(int threads);
extern void omp_set_dynamic(int isDynamic);
extern int omp_get_thread_limit(void);

static _Thread_local char last_error[256] = "";

bool zdnn_failed(dnnl_status_t status, const char *what) {
  if (status == dnnl_success) return false;
  const char *reason = status == dnnl_out_of_memory     ? "out of memory"
                       : status == dnnl_unimplemented   ? "not implemented"
                       : status == dnnl_invalid_arguments ? "invalid arguments"
                                                          : "runtime error";
  snprintf(last_error, sizeof last_error, "oneDNN %s: %s", what, reason);
  return true;
}

const char *zdnn_last_error(void) { return last_error; }

bool zdnn_has_avx512(void) { return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core; }

const char *zdnn_platform(void) {
  static _Thread_local char text[64];
  static const struct {
    dnnl_cpu_isa_t isa;
    const char *name;
  } names[] = {
      {dnnl_cpu_isa_sse41, "sse4.1"},
      {dnnl_cpu_isa_avx, "avx"},
      {dnnl_cpu_isa_avx2, "avx2"},
      {dnnl_cpu_isa_avx2_vnni, "avx2_vnni"},
      {dnnl_cpu_isa_avx512_core, "avx512_core"},
      {dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
      {dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
      {dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
  };
  dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
  const char *name = "other instructions";
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (names[i].isa == isa) name = names[i].name;
  const dnnl_version_t *version = dnnl_version();
  snprintf(text, sizeof text, "oneDNN %d.%d.%d, %s", version->major, version->minor, version->patch, name);
  return text;
}

zdnn_engine *zdnn_engine_create(void) {
  zdnn_engine *engine = calloc(1, sizeof *engine);
  if (!engine) return NULL;
  if (zdnn_failed(dnnl_engine_create(&engine->engine, dnnl_cpu, 0), "engine") ||
      zdnn_failed(dnnl_stream_create(&engine->stream, engine->engine, dnnl_stream_default_flags), "stream")) {
    zdnn_engine_destroy(engine);
    return NULL;
  }
  return engine;
}

void zdnn_engine_destroy(zdnn_engine *engine) {
  if (engine->stream) dnnl_stream_destroy(engine->stream);
  if (engine->engine) dnnl_engine_destroy(engine->engine);
  free(engine);
}

// oneDNN's threads wait for each other, for as many as it was told: a team must not be smaller.
void zdnn_set_threads(int threads) {
  omp_set_dynamic(0);
  omp_set_num_threads(threads);
}

int zdnn_thread_limit(void) { return omp_get_thread_limit(); }

static dnnl_format_tag_t format_tag(int rank, zdnn_layout layout) {
  static const dnnl_format_tag_t plain[] = {dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde};
  switch (layout) {
  case ZDNN_ANY: return dnnl_format_tag_any;
  case ZDNN_BLOCKED8: return rank == 4 ? dnnl_aBcd8b : rank == 5 ? dnnl_Abcde8a : dnnl_format_tag_undef;
  case ZDNN_BLOCKED16: return rank == 4 ? dnnl_aBcd16b : rank == 5 ? dnnl_Abcde16a : dnnl_format_tag_undef;
  case ZDNN_CHANNELS_LAST: return rank == 4 ? dnnl_acdb : dnnl_format_tag_undef;
  case ZDNN_PLAIN: return rank >= 1 && rank <= 5 ? plain[rank - 1] : dnnl_format_tag_undef;
  }
  return dnnl_format_tag_undef;
}

static dnnl_data_type_t data_type(zdnn_type type) { return type == ZDNN_BFLOAT16 ? dnnl_bf16 : dnnl_f32; }

zdnn_desc *zdnn_desc_create(int rank, const int64_t *extents, zdnn_type type, zdnn_layout layout) {
  zdnn_desc *desc = calloc(1, sizeof *desc);
  if (!desc) return NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status =
      dnnl_memory_desc_create_with_tag(&desc->md, rank, extents, data_type(type), format_tag(rank, layout));
#else
  dnnl_status_t status =
      dnnl_memory_desc_init_by_tag(&desc->md, rank, extents, data_type(type), format_tag(rank, layout));
#endif
  if (zdnn_failed(status, "memory descriptor")) {
    free(desc);
    return NULL;
  }
  return desc;
}

/// A descriptor of our own from one that a primitive lends.
static zdnn_desc *desc_from(zdnn_md md) {
  zdnn_desc *desc = calloc(1, sizeof *desc);
  if (!desc) return NULL;
#if DNNL_VERSION_MAJOR >= 3
  if (zdnn_failed(dnnl_memory_desc_clone(&desc->md, md), "memory descriptor")) {
    free(desc);
    return NULL;
  }
#else
  desc->md = *md;
#endif
  return desc;
}

zdnn_desc *zdnn_desc_window(const zdnn_desc *desc, const int64_t *extents, const int64_t *offsets) {
  zdnn_desc *window = calloc(1, sizeof *window);
  if (!window) return NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_memory_desc_create_submemory(&window->md, desc->md, extents, offsets);
#else
  dnnl_status_t status = dnnl_memory_desc_init_submemory(&window->md, &desc->md, extents, offsets);
#endif
  if (zdnn_failed(status, "window of a memory")) {
    free(window);
    return NULL;
  }
  return window;
}

zdnn_desc *zdnn_desc_permuted(const zdnn_desc *desc, const int *order) {
  // oneDNN asks where each axis goes.
  int64_t extents[DNNL_MAX_NDIMS];
  int place[DNNL_MAX_NDIMS], rank = zdnn_desc_extents(desc, extents);
  for (int i = 0; i < rank; i++) place[order[i]] = i;
  zdnn_desc *permuted = calloc(1, sizeof *permuted);
  if (!permuted) return NULL;
#if DNNL_VERSION_MAJOR >= 3
  dnnl_status_t status = dnnl_memory_desc_permute_axes(&permuted->md, desc->md, place);
#else
  dnnl_status_t status = dnnl_memory_desc_permute_axes(&permuted->md, &desc->md, place);
#endif
  if (zdnn_failed(status, "permutation of a memory")) {
    free(permuted);
    return NULL;
  }
  return permuted;
}

void zdnn_desc_destroy(zdnn_desc *desc) {
#if DNNL_VERSION_MAJOR >= 3
  dnnl_memory_desc_destroy(desc->md);
#endif
  free(desc);
}

bool zdnn_desc_equal(const zdnn_desc *left, const zdnn_desc *right) {
  return dnnl_memory_desc_equal(ZDNN_MD(left), ZDNN_MD(right)) != 0;
}

int zdnn_desc_extents(const zdnn_desc *desc, int64_t *extents) {
#if DNNL_VERSION_MAJOR >= 3
  int rank = 0;
  dnnl_dims_t *dims = NULL;
  dnnl_memory_desc_query(desc->md, dnnl_query_ndims_s32, &rank);
  dnnl_memory_desc_query(desc->md, dnnl_query_dims, &dims);
  if (!dims) return 0;
  for (int i = 0; i < rank; i++) extents[i] = (*dims)[i];
  return rank;
#else
  for (int i = 0; i < desc->md.ndims; i++) extents[i] = desc->md.dims[i];
  return desc->md.ndims;
#endif
}

size_t zdnn_desc_size(const zdnn_desc *desc) { return dnnl_memory_desc_get_size(ZDNN_MD(desc)); }

zdnn_desc *zdnn_primitive_desc(const zdnn_primitive *primitive, int argument) {
  zdnn_md md = dnnl_primitive_desc_query_md(primitive->pd, dnnl_query_exec_arg_md, zdnn_argument_code(argument));
  if (!md || dnnl_memory_desc_get_size(md) == 0) return NULL;
  return desc_from(md);
}

zdnn_memory *zdnn_memory_create(zdnn_engine *engine, const zdnn_desc *desc, void *data) {
  zdnn_memory *memory = calloc(1, sizeof *memory);
  if (!memory) return NULL;
  void *handle = data ? data : DNNL_MEMORY_NONE;
  if (zdnn_failed(dnnl_memory_create(&memory->memory, ZDNN_MD(desc), engine->engine, handle), "memory")) {
    free(memory);
    return NULL;
  }
  return memory;
}

void zdnn_memory_destroy(zdnn_memory *memory) {
  dnnl_memory_destroy(memory->memory);
  free(memory);
}

int zdnn_memory_set(zdnn_memory *memory, void *data) {
  return zdnn_failed(dnnl_memory_set_data_handle(memory->memory, data), "memory");
}
