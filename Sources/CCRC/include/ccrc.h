/// CRC-32 of zip, gzip and PNG (polynomial 0x04C11DB7, reflected), as fast as memory where the processor can multiply
/// without carries.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The checksum of bytes that follow bytes whose checksum is `crc`; 0 for none. The same as zlib's `crc32_z`.
uint32_t zoo_crc32(uint32_t crc, const void *_Nullable bytes, size_t count);

/// The checksum of two pieces, from theirs and the length of the second.
uint32_t zoo_crc32_combine(uint32_t first, uint32_t second, int64_t second_count);
