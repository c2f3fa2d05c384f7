#include "ckernels_first_conv.h"

#include "first_conv_plan.h"

struct first_conv_plan first_conv_plan(const zk_first_conv *conv) {
  struct first_conv_plan plan = {.conv = *conv};
  plan.taps = conv->channels * conv->kernel_height * conv->kernel_width;
  plan.blocks = (conv->outputs + 7) / 8;
  plan.pairs = (conv->outputs + FIRST_CONV_PAIR - 1) / FIRST_CONV_PAIR;
  plan.row_floats = zk_round_up((conv->out_width - 1) * conv->stride_width + conv->kernel_width, 8);

  long fits = FIRST_CONV_BAND_FLOATS / (plan.row_floats * conv->channels) - conv->kernel_height;
  long most = zk_max(1, fits / conv->stride_height + 1);
  plan.bands = (conv->out_height + most - 1) / most;
  plan.band_rows = (conv->out_height + plan.bands - 1) / plan.bands;
  plan.bands = (conv->out_height + plan.band_rows - 1) / plan.band_rows;
  plan.band_rows_in = (plan.band_rows - 1) * conv->stride_height + conv->kernel_height;

  long band = zk_round_up(conv->channels * plan.band_rows_in * plan.row_floats, 16);
  plan.weights_at = zk_round_up(plan.taps * (long)(sizeof(long) / sizeof(float)), 16);
  plan.band_at = plan.weights_at + plan.pairs * plan.taps * FIRST_CONV_PAIR;
  plan.parts_at = plan.band_at + conv->threads * band;
  plan.floats = plan.parts_at + FIRST_CONV_PARTS * plan.pairs * (plan.taps + 1) * FIRST_CONV_PAIR;
  return plan;
}

size_t zk_first_conv_scratch_bytes(const zk_first_conv *conv) {
  return (size_t)first_conv_plan(conv).floats * sizeof(float);
}

void first_conv_tap_offsets(const struct first_conv_plan *plan, long *offsets) {
  const zk_first_conv *conv = &plan->conv;
  for (long c = 0; c < conv->channels; c++) {
    for (long h = 0; h < conv->kernel_height; h++) {
      for (long w = 0; w < conv->kernel_width; w++) *offsets++ = (c * plan->band_rows_in + h) * plan->row_floats + w;
    }
  }
}

long first_conv_copy_band(const struct first_conv_plan *plan, const float *src, long unit, float *band, long *rows) {
  const zk_first_conv *conv = &plan->conv;
  long image = unit / plan->bands, first = unit % plan->bands * plan->band_rows;
  *rows = zk_min(plan->band_rows, conv->out_height - first);
  long rows_in = (*rows - 1) * conv->stride_height + conv->kernel_height;
  long top = first * conv->stride_height - conv->pad_top;
  long left = zk_min(conv->pad_left, plan->row_floats), copied = zk_min(conv->width, plan->row_floats - left);
  for (long c = 0; c < conv->channels; c++) {
    const float *plane = src + (image * conv->channels + c) * conv->height * conv->width;
    float *to = band + c * plan->band_rows_in * plan->row_floats;
    for (long r = 0; r < rows_in; r++, to += plan->row_floats) {
      long h = top + r;
      if (h < 0 || h >= conv->height) {
        memset(to, 0, (size_t)plan->row_floats * sizeof(float));
        continue;
      }
      memset(to, 0, (size_t)left * sizeof(float));
      memcpy(to + left, plane + h * conv->width, (size_t)copied * sizeof(float));
      memset(to + left + copied, 0, (size_t)(plan->row_floats - left - copied) * sizeof(float));
    }
  }
  return first;
}
