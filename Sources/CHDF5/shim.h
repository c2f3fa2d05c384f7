/// HDF5 for Swift: what its headers give as macros, and calls whose meaning changed between versions, as functions.
#pragma once

// Newer libraries answer as 1.10 does.
#define H5_USE_110_API 1
#include <hdf5.h>

// Types of elements as they stand in files.
static inline hid_t zoo_h5_int8(void) { return H5T_STD_I8LE; }
static inline hid_t zoo_h5_int16(void) { return H5T_STD_I16LE; }
static inline hid_t zoo_h5_int32(void) { return H5T_STD_I32LE; }
static inline hid_t zoo_h5_int64(void) { return H5T_STD_I64LE; }
static inline hid_t zoo_h5_uint8(void) { return H5T_STD_U8LE; }
static inline hid_t zoo_h5_uint16(void) { return H5T_STD_U16LE; }
static inline hid_t zoo_h5_uint32(void) { return H5T_STD_U32LE; }
static inline hid_t zoo_h5_uint64(void) { return H5T_STD_U64LE; }
static inline hid_t zoo_h5_float32(void) { return H5T_IEEE_F32LE; }
static inline hid_t zoo_h5_float64(void) { return H5T_IEEE_F64LE; }
static inline hid_t zoo_h5_string(void) { return H5T_C_S1; }

/// IEEE 754 half precision, which HDF5 1.10 has no name for: sign at bit 15, 5 bits of exponent, 10 of mantissa.
/// Returns a new type, or a negative number.
static inline hid_t zoo_h5_make_float16(void) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  if (type < 0) return type;
  if (H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 || H5Tset_ebias(type, 15) < 0) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

// Property lists: the classes, and the default.
static inline hid_t zoo_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t zoo_h5_file_creation(void) { return H5P_FILE_CREATE; }
static inline hid_t zoo_h5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t zoo_h5_group_creation(void) { return H5P_GROUP_CREATE; }
static inline hid_t zoo_h5_dataset_creation(void) { return H5P_DATASET_CREATE; }
static inline hid_t zoo_h5_attribute_creation(void) { return H5P_ATTRIBUTE_CREATE; }
static inline hid_t zoo_h5_link_creation(void) { return H5P_LINK_CREATE; }

// Flags.
static inline unsigned zoo_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned zoo_h5_truncate(void) { return H5F_ACC_TRUNC; }
static inline unsigned zoo_h5_track_order(void) { return H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; }

/// Both bounds of the file format: what 1.10 reads.
static inline herr_t zoo_h5_set_version_bounds(hid_t list) {
  return H5Pset_libver_bounds(list, H5F_LIBVER_V110, H5F_LIBVER_V110);
}

/// Whether an address stands for something that was never allocated.
static inline int zoo_h5_is_undefined(haddr_t address) { return address == HADDR_UNDEF; }

/// Turns off the printing of errors in this thread. The library keeps this setting for each thread.
static inline herr_t zoo_h5_silence(void) { return H5Eset_auto2(H5E_DEFAULT, NULL, NULL); }

/// Calls `visit` for each entry of this thread's error stack, the innermost first.
static inline herr_t zoo_h5_walk_errors(H5E_walk2_t visit, void *context) {
  return H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, visit, context);
}
