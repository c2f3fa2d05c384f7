#include "cpng.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t remaining;
} source;

static void read_bytes(png_structp png, png_bytep target, size_t count) {
  source *from = png_get_io_ptr(png);
  if (count > from->remaining) png_error(png, "the file ends in the middle of the image");
  memcpy(target, from->bytes, count);
  from->bytes += count;
  from->remaining -= count;
}

static void on_error(png_structp png, png_const_charp reason) {
  char *message = png_get_error_ptr(png);
  strncpy(message, reason, CPNG_MESSAGE_SIZE - 1);
  message[CPNG_MESSAGE_SIZE - 1] = 0;
  longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp reason) {
  (void)png;
  (void)reason;
}

// A reader whose errors go to `message`; NULL when memory is short.
static png_structp make_reader(source *from, png_infop *info, char *message) {
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, on_error, on_warning);
  if (!png) return NULL;
  *info = png_create_info_struct(png);
  if (!*info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return NULL;
  }
  png_set_read_fn(png, from, read_bytes);
  // The caller limits the number of pixels; libpng's own limit on each side would refuse long panoramas.
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);
  // Texts, profiles and the like change no pixel here, and a small file may unpack to gigabytes of them: none is kept.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  return png;
}

static uint32_t channels_of(int color_type) {
  return color_type == PNG_COLOR_TYPE_GRAY || color_type == PNG_COLOR_TYPE_GRAY_ALPHA ? 1 : 3;
}

int cpng_read_header(const uint8_t *bytes, size_t count, cpng_header *header, char *message) {
  source from = {bytes, count};
  png_infop info = NULL;
  strcpy(message, "not enough memory");
  png_structp png = make_reader(&from, &info, message);
  if (!png) return 0;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 0;
  }
  png_read_info(png, info);
  header->width = png_get_image_width(png, info);
  header->height = png_get_image_height(png, info);
  header->channels = channels_of(png_get_color_type(png, info));
  png_destroy_read_struct(&png, &info, NULL);
  return 1;
}

// 16-bit gray, big-endian, to 8 bits: values above 255 become 255, as Pillow converts its mode I;16.
static void clip_gray16(const uint8_t *row, uint8_t *target, size_t width) {
  for (size_t x = 0; x < width; x++) target[x] = row[2 * x] ? 255 : row[2 * x + 1];
}

int cpng_decode(const uint8_t *bytes, size_t count, const cpng_header *header, uint8_t *pixels, char *message) {
  source from = {bytes, count};
  png_infop info = NULL;
  // What is allocated between setjmp and longjmp must be volatile to be freed after the jump.
  uint8_t *volatile wide = NULL;
  png_bytep *volatile rows = NULL;
  strcpy(message, "not enough memory");
  png_structp png = make_reader(&from, &info, message);
  if (!png) return 0;
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    free(wide);
    free(rows);
    return 0;
  }
  png_read_info(png, info);
  int color_type = png_get_color_type(png, info);
  int depth = png_get_bit_depth(png, info);
  size_t width = png_get_image_width(png, info);
  size_t height = png_get_image_height(png, info);
  uint32_t channels = channels_of(color_type);
  if (width != header->width || height != header->height || channels != header->channels)
    png_error(png, "the header is not the one that was announced");

  int clips = depth == 16 && color_type == PNG_COLOR_TYPE_GRAY;
  if (depth == 16 && !clips) png_set_strip_16(png);
  if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color_type == PNG_COLOR_TYPE_GRAY && depth < 8) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);

  size_t pixel_bytes = clips ? 2 : channels;
  if (png_get_rowbytes(png, info) != width * pixel_bytes) png_error(png, "the rows have an unexpected layout");
  uint8_t *target = pixels;
  if (clips) {
    wide = malloc(width * height * 2);
    if (!wide) png_error(png, "not enough memory");
    target = wide;
  }
  rows = malloc(height * sizeof(png_bytep));
  if (!rows) png_error(png, "not enough memory");
  for (size_t y = 0; y < height; y++) rows[y] = target + y * width * pixel_bytes;
  png_read_image(png, rows);
  if (clips)
    for (size_t y = 0; y < height; y++) clip_gray16(rows[y], pixels + y * width, width);
  png_destroy_read_struct(&png, &info, NULL);
  free(wide);
  free(rows);
  return 1;
}

// What was written so far.
typedef struct {
  uint8_t *bytes;
  size_t count;
  size_t capacity;
} sink;

static void write_bytes(png_structp png, png_bytep source, size_t count) {
  sink *to = png_get_io_ptr(png);
  if (count > to->capacity - to->count) {
    size_t capacity = 2 * to->capacity + count + 4096;
    uint8_t *bytes = realloc(to->bytes, capacity);
    if (!bytes) png_error(png, "not enough memory");
    to->bytes = bytes;
    to->capacity = capacity;
  }
  memcpy(to->bytes + to->count, source, count);
  to->count += count;
}

static void flush_bytes(png_structp png) { (void)png; }

uint8_t *cpng_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, size_t *count, char *message) {
  sink to = {NULL, 0, 0};
  // The compiler must not keep it in a register over the jump.
  sink *volatile kept = &to;
  strcpy(message, "not enough memory");
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, message, on_error, on_warning);
  if (!png) return NULL;
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_write_struct(&png, NULL);
    return NULL;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    free(kept->bytes);
    return NULL;
  }
  png_set_write_fn(png, &to, write_bytes, flush_bytes);
  png_set_IHDR(
      png, info, width, height, 8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, pixels + (size_t)y * width * channels);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  *count = to.count;
  return to.bytes;
}

void cpng_free(uint8_t *bytes) { free(bytes); }
