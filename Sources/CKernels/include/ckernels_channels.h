// Passes that treat the channels of images differently from each other, on float32 in any layout that keeps channels in
// blocks: [N, outer, area, block], where channel c is at block c / block, place c % block. A plain [N, C, H, W] has blocks of 1,
// channels-last one block of C.
#ifndef CKERNELS_CHANNELS_H
#define CKERNELS_CHANNELS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// The extents of images in such a layout; channels fill the last block up.
typedef struct {
  long images, outer, area, block;
} zk_blocked;

/// result = source · factor by channel. `factor` is [images, outer, block], or [outer, block] for all images when `shared`.
/// `source` and `result` may be the same memory.
void zk_channel_scale(
    const float *source, const float *factor, float *result, zk_blocked extents, int shared, int threads);

/// The backward pass of `zk_channel_scale`: source_gradient = gradient · factor, and factor_gradient the sum of
/// gradient · source over the area, and over the images too when `shared`. Either result may be absent, and
/// `source_gradient` may be `gradient`'s memory.
void zk_channel_scale_backward(
    const float *source, const float *factor, const float *gradient, float *_Nullable source_gradient,
    float *_Nullable factor_gradient, zk_blocked extents, int shared, int threads);

/// result = source · scale + shift by channel, on plain [N, C, area].
void zk_channel_affine(
    const float *source, float *result, const float *scale, const float *shift, long images, long channels, long area,
    int threads);

/// Where a channel of a result comes from: a source by its number, −1 for zeros, and a channel of it.
typedef struct {
  int32_t source, channel;
} zk_channel;

/// Each channel of the result is a channel of one of the sources. `map` has an entry for each place for a channel of the
/// result, those that fill up the last block included. Images and area are the same everywhere.
void zk_channel_gather(
    const float *const _Nonnull *_Nonnull sources, const zk_blocked *source_extents, float *result,
    zk_blocked result_extents, const zk_channel *map, int threads);

/// result = source · factor by image, `count` elements each. `source` and `result` may be the same memory.
void zk_image_scale(
    const float *source, const float *factor, float *result, long images, long count, int threads);

/// result = left · right. Any two may be the same memory.
void zk_product(const float *left, const float *right, float *result, long count, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
