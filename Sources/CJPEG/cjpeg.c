#include "cjpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
// After jpeglib.h, whose types it needs.
#include <jerror.h>

// A progressive bomb has thousands of scans of a large image.
enum { MOST_SCANS = 500 };

struct cjpeg_decoder {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  char reason[JMSG_LENGTH_MAX];
  // Whether a warning was raised that means wrong pixels.
  int is_damaged;
  JSAMPLE *row;
  size_t row_bytes;
};

static cjpeg_decoder *owner(j_common_ptr info) { return (cjpeg_decoder *)info->client_data; }

static void on_error(j_common_ptr info) {
  cjpeg_decoder *decoder = owner(info);
  info->err->format_message(info, decoder->reason);
  longjmp(decoder->escape, 1);
}

// Damage that libjpeg papers over is an error, except stray bytes between markers, which change no pixel.
static void on_message(j_common_ptr info, int level) {
  cjpeg_decoder *decoder = owner(info);
  if (level >= 0 || info->err->msg_code == JWRN_EXTRANEOUS_DATA || decoder->is_damaged) return;
  info->err->format_message(info, decoder->reason);
  decoder->is_damaged = 1;
}

static void on_progress(j_common_ptr info) {
  cjpeg_decoder *decoder = owner(info);
  if (info->is_decompressor && ((j_decompress_ptr)info)->input_scan_number > MOST_SCANS) {
    snprintf(decoder->reason, sizeof(decoder->reason), "more than %d scans", MOST_SCANS);
    longjmp(decoder->escape, 1);
  }
}

static void no_output(j_common_ptr info) { (void)info; }

static int fail(cjpeg_decoder *decoder, char *message) {
  snprintf(message, CJPEG_MESSAGE_SIZE, "%s", decoder->reason);
  jpeg_abort_decompress(&decoder->info);
  return 0;
}

cjpeg_decoder *cjpeg_make(void) {
  cjpeg_decoder *decoder = calloc(1, sizeof(cjpeg_decoder));
  if (!decoder) return NULL;
  decoder->info.err = jpeg_std_error(&decoder->errors);
  decoder->errors.error_exit = on_error;
  decoder->errors.emit_message = on_message;
  decoder->errors.output_message = no_output;
  decoder->info.client_data = decoder;
  if (setjmp(decoder->escape)) {
    free(decoder);
    return NULL;
  }
  jpeg_create_decompress(&decoder->info);
  decoder->progress.progress_monitor = on_progress;
  decoder->info.progress = &decoder->progress;
  return decoder;
}

void cjpeg_free(cjpeg_decoder *decoder) {
  jpeg_destroy_decompress(&decoder->info);
  free(decoder->row);
  free(decoder);
}

int cjpeg_open(cjpeg_decoder *decoder, const uint8_t *bytes, size_t count, cjpeg_header *header, char *message) {
  j_decompress_ptr info = &decoder->info;
  decoder->is_damaged = 0;
  if (setjmp(decoder->escape)) return fail(decoder, message);
  jpeg_abort_decompress(info);
  jpeg_mem_src(info, bytes, count);
  jpeg_read_header(info, TRUE);
  switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE:
      info->out_color_space = JCS_GRAYSCALE;
      header->channels = 1;
      break;
    case JCS_RGB:
    case JCS_YCbCr:
      info->out_color_space = JCS_RGB;
      header->channels = 3;
      break;
    case JCS_CMYK:
    case JCS_YCCK:
      info->out_color_space = JCS_CMYK;
      header->channels = 4;
      break;
    default:
      snprintf(decoder->reason, sizeof(decoder->reason), "%d colour components of an unknown kind", info->num_components);
      return fail(decoder, message);
  }
  info->dct_method = JDCT_ISLOW;
  info->do_fancy_upsampling = TRUE;
  header->width = info->image_width;
  header->height = info->image_height;
  return 1;
}

static uint32_t smaller(uint32_t a, uint32_t b) { return a < b ? a : b; }

// The columns and rows of a block of all components, in pixels of the reduced image.
static uint32_t block_width(j_decompress_ptr info, uint32_t reduction) {
  int widest = 1;
  for (int i = 0; i < info->num_components; i++)
    if (info->comp_info[i].h_samp_factor > widest) widest = info->comp_info[i].h_samp_factor;
  return (uint32_t)(widest * DCTSIZE) / reduction;
}

static uint32_t block_height(j_decompress_ptr info, uint32_t reduction) {
  int highest = 1;
  for (int i = 0; i < info->num_components; i++)
    if (info->comp_info[i].v_samp_factor > highest) highest = info->comp_info[i].v_samp_factor;
  return (uint32_t)(highest * DCTSIZE) / reduction;
}

cjpeg_box cjpeg_window(cjpeg_decoder *decoder, uint32_t reduction, cjpeg_box wanted) {
  j_decompress_ptr info = &decoder->info;
  uint32_t width = (info->image_width + reduction - 1) / reduction;
  uint32_t height = (info->image_height + reduction - 1) / reduction;
  uint32_t across = block_width(info, reduction), down = block_height(info, reduction);
  // One block more on each side: upsampling looks at neighbours.
  uint32_t left = wanted.left / across, top = wanted.top / down;
  left = left > 0 ? (left - 1) * across : 0;
  top = top > 0 ? (top - 1) * down : 0;
  uint32_t right = smaller(width, ((wanted.left + wanted.width + across - 1) / across + 1) * across);
  uint32_t bottom = smaller(height, wanted.top + wanted.height);
  return (cjpeg_box){left, top, right - left, bottom - top};
}

int cjpeg_decode(
    cjpeg_decoder *decoder, uint32_t reduction, cjpeg_box wanted, int stops_early, uint8_t *pixels, char *message) {
  j_decompress_ptr info = &decoder->info;
  cjpeg_box window = cjpeg_window(decoder, reduction, wanted);
  if (setjmp(decoder->escape)) return fail(decoder, message);
  info->scale_num = 1;
  info->scale_denom = reduction;
  jpeg_start_decompress(info);
  size_t channels = (size_t)info->output_components;
  uint32_t height = info->output_height;
  size_t whole_row = info->output_width * channels;
  if (decoder->row_bytes < whole_row) {
    JSAMPLE *row = realloc(decoder->row, whole_row);
    if (!row) ERREXIT1(info, JERR_OUT_OF_MEMORY, 0);
    decoder->row = row;
    decoder->row_bytes = whole_row;
  }
  JDIMENSION left = window.left, width = window.width;
  if (width < info->output_width) jpeg_crop_scanline(info, &left, &width);
  // The library begins at a block, which is where the window does; anything else would be a mistake here.
  if (left > window.left || left + width < window.left + window.width) ERREXIT(info, JERR_WIDTH_OVERFLOW);
  size_t skipped = (window.left - left) * channels;
  size_t row_bytes = window.width * channels;
  if (window.top > 0) jpeg_skip_scanlines(info, window.top);
  for (uint32_t y = 0; y < window.height; y++) {
    JSAMPROW row = width == window.width ? pixels + y * row_bytes : decoder->row;
    if (jpeg_read_scanlines(info, &row, 1) != 1) ERREXIT(info, JERR_INPUT_EOF);
    if (row == decoder->row) memcpy(pixels + y * row_bytes, row + skipped, row_bytes);
  }
  if (stops_early && info->output_scanline < height) {
    jpeg_abort_decompress(info);
  } else {
    // The last row is read and not skipped: skipping to the end would skip the check of what is between.
    if (info->output_scanline + 1 < height) jpeg_skip_scanlines(info, height - 1 - info->output_scanline);
    JSAMPROW row = decoder->row;
    while (info->output_scanline < height)
      if (jpeg_read_scanlines(info, &row, 1) != 1) ERREXIT(info, JERR_INPUT_EOF);
    jpeg_finish_decompress(info);
  }
  if (decoder->is_damaged) {
    snprintf(message, CJPEG_MESSAGE_SIZE, "%s", decoder->reason);
    return 0;
  }
  return 1;
}
