/// Reads JPEG images from memory through libjpeg-turbo, whole or a part of them, at full size or a half, a quarter or an
/// eighth. Errors never jump out of these functions: the setjmp is inside.
#ifndef CJPEG_H
#define CJPEG_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#endif

/// What the header says.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// 1 for gray, 3 for colour, 4 for inks (CMYK and YCCK): the channels that decoding gives.
  uint32_t channels;
} cjpeg_header;

/// A rectangle of pixels.
typedef struct {
  uint32_t left;
  uint32_t top;
  uint32_t width;
  uint32_t height;
} cjpeg_box;

/// The room for a message, its final zero included.
enum { CJPEG_MESSAGE_SIZE = 208 };

/// A decoder, whose memory is reused from image to image; one thread at a time.
typedef struct cjpeg_decoder cjpeg_decoder;

/// Makes a decoder; null when memory is short.
cjpeg_decoder *_Nullable cjpeg_make(void);

/// Frees a decoder.
void cjpeg_free(cjpeg_decoder *decoder);

/// Reads the header of a JPEG in memory, which stays the decoder's image until the next call.
/// Returns 1, or 0 with libjpeg's reason in `message`.
int cjpeg_open(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, cjpeg_header *header, char *message);

/// The box of pixels that `cjpeg_decode` makes for a wanted part: at least as large, its sides where blocks end, with a
/// margin beside which the wanted pixels are those of the whole image.
///
/// `reduction` is 1, 2, 4 or 8; the image then has width and height divided by it, rounded up, and the box lies in that.
cjpeg_box cjpeg_window(cjpeg_decoder *decoder, uint32_t reduction, cjpeg_box wanted);

/// Decodes the box of `cjpeg_window` of the opened image: accurate integer DCT, smooth chroma upsampling.
///
/// `pixels` takes its rows one after the other, channels interleaved. With `stops_early` what lies below the box is not
/// read; otherwise all of the file is, so that damage anywhere is an error.
/// Returns 1, or 0 with libjpeg's reason in `message`.
int cjpeg_decode(
    cjpeg_decoder *decoder, uint32_t reduction, cjpeg_box wanted, int stops_early, uint8_t *pixels, char *message);

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
