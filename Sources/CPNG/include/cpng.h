/// Reads and writes PNG images in memory through libpng. Errors never jump out of these functions: the setjmp is inside.
#ifndef CPNG_H
#define CPNG_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// What the header says, and how many channels decoding gives.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// 1 for gray with or without alpha, 3 for colour and palettes.
  uint32_t channels;
} cpng_header;

/// The room for a message, its final zero included.
enum { CPNG_MESSAGE_SIZE = 192 };

/// Reads the header of a PNG in memory.
/// Returns 1, or 0 with libpng's reason in `message`.
int cpng_read_header(const uint8_t *bytes, size_t count, cpng_header *header, char *message);

/// Decodes a PNG to 8 bits and 1 or 3 interleaved channels, as Pillow's `convert("RGB")` or, for gray, `convert("L")`
/// sees them: alpha is dropped, palettes are looked up, 16-bit colour keeps its high byte, 16-bit gray is clipped at 255.
/// `pixels` takes height rows of width times channels bytes, as `cpng_read_header` gave them.
/// Returns 1, or 0 with libpng's reason in `message`.
int cpng_decode(const uint8_t *bytes, size_t count, const cpng_header *header, uint8_t *pixels, char *message);

/// Encodes 8-bit pixels, 1 (gray) or 3 (RGB) interleaved channels in rows without gaps, as a PNG.
/// Returns the bytes, to be freed by `cpng_free`, and their number in `count`; or null with libpng's reason in `message`.
uint8_t *_Nullable cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, size_t *count, char *message);

/// Frees what `cpng_encode` returned.
void cpng_free(uint8_t *bytes);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
