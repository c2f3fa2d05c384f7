// Averages over windows and normalisation over channels that oneDNN cannot express, on plain [N, C, H, W] float32.
#ifndef CKERNELS_WINDOW_H
#define CKERNELS_WINDOW_H

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

/// The windows along one axis: output i covers [begin[i], end[i]) and counts as span[i] elements.
typedef struct {
  long input, output;
  const long *begin, *end, *span;
} zk_axis;

/// result[p, i, j] = sum over the window / (rows.span[i] · columns.span[j]), for each of `planes` images.
void zk_window_average(
    const float *source, float *result, long planes, const zk_axis *rows, const zk_axis *columns, int threads);

/// The transpose of `zk_window_average`: writes every element of `result`.
void zk_window_average_backward(
    const float *gradient, float *result, long planes, const zk_axis *rows, const zk_axis *columns, int threads);

/// y = x / (k + alpha/size · Σ x²)^beta over channels c − size/2 … c + (size − 1)/2, as PyTorch windows them.
/// `scale` keeps k + alpha/size · Σ x² for the backward pass; it has the extents of x.
void zk_lrn(
    const float *source, float *result, float *scale, long batch, long channels, long area, long size, double alpha,
    double beta, double k, int threads);

void zk_lrn_backward(
    const float *source, const float *scale, const float *gradient, float *result, long batch, long channels, long area,
    long size, double alpha, double beta, int threads);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif

#endif
