// The kernels that oneDNN lacks: Winograd's convolutions on AVX2, small-batch linear layers, a first convolution with few
// channels, rounding to bfloat16, layer normalisation, attention, and the passes over activations. Every function is deterministic for a given
// number of threads.
#ifndef CKERNELS_H
#define CKERNELS_H

#include "ckernels_activation.h"
#include "ckernels_attention.h"
#include "ckernels_bfloat16.h"
#include "ckernels_channels.h"
#include "ckernels_depthwise.h"
#include "ckernels_elementwise.h"
#include "ckernels_first_conv.h"
#include "ckernels_gradient.h"
#include "ckernels_layer_norm.h"
#include "ckernels_linear.h"
#include "ckernels_loss.h"
#include "ckernels_parallel.h"
#include "ckernels_tokens.h"
#include "ckernels_update.h"
#include "ckernels_window.h"
#include "ckernels_winograd.h"

#endif
