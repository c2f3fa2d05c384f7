// How a first convolution is cut up. A band is some output rows of one image; its input rows are copied, with their padding,
// into a buffer of the thread, so that no kernel meets an edge. A tap is one of the channels × kernel_height × kernel_width
// weights of an output channel. Output channels go in pairs of blocks, sixteen at a time.
#ifndef ZK_FIRST_CONV_PLAN_H
#define ZK_FIRST_CONV_PLAN_H

#include "ckernels_first_conv.h"
#include "vector8.h"

enum {
  /// Floats of padded input that a band may take: a quarter of a 512 KB L2.
  FIRST_CONV_BAND_FLOATS = 32 * 1024,
  /// Floats of a pair's dy that stay in L1 while all taps pass by.
  FIRST_CONV_GRADIENT_FLOATS = 4 * 1024,
  /// The backward pass adds up this many partial sums, whatever the number of threads, so that this does not change the result.
  FIRST_CONV_PARTS = 16,
  FIRST_CONV_PAIR = 16,
};

struct first_conv_plan {
  zk_first_conv conv;
  long taps, pairs, blocks;
  /// Of the padded rows in a thread's buffer.
  long row_floats, band_rows_in;
  /// Output rows of a band, bands of an image.
  long band_rows, bands;
  /// In floats, in the scratch: a tap's place in a padded band; the weights as [pair][tap][16]; the threads' bands; the parts'
  /// gradients as [part][pair][taps + 1][16], the last being the bias's.
  long offsets_at, weights_at, band_at, parts_at, floats;
};

struct first_conv_plan first_conv_plan(const zk_first_conv *conv);

/// Where each tap lies in a band, relative to the window's first float.
void first_conv_tap_offsets(const struct first_conv_plan *plan, long *offsets);

/// Copies band `unit % bands` of image `unit / bands` with its padding; returns its first output row, and how many in *rows.
long first_conv_copy_band(const struct first_conv_plan *plan, const float *src, long unit, float *band, long *rows);

#endif
