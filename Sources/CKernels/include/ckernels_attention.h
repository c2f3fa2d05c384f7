// Attention of tokens in groups, and what it adds to similarities for where tokens stand.
#ifndef CKERNELS_ATTENTION_H
#define CKERNELS_ATTENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Multi-head attention over maps of tokens: qkv [batch, height, width, 3, heads, features], output [batch, height, width, heads,
/// features], plain float32. In each group of T = group_height·group_width tokens and for each head, row i of the output is
/// Σ_j softmax_j(similarity(i, j) + bias(i, j))·v_j.
///
/// Groups tile the map: as windows of neighbours, after it was rolled up and left by the shifts, where tokens of a window that
/// are no neighbours in the map have −100 added to their similarity; or as grids, whose tokens are height / group_height rows and
/// width / group_width columns apart. Sizes are at least 1.
typedef struct zk_attention {
  long batch, height, width, heads, features;
  long group_height, group_width;
  /// Below the group's extents; 0 along an axis that one group covers, and in grids.
  long shift_height, shift_width;
  bool is_grid;
  /// Whether similarities are cosines times exp(min(logit_scale, ln 100)), not products times `scale`.
  bool is_cosine;
  float scale;
  int threads;
} zk_attention;

/// Learned numbers beside queries, keys and values.
typedef struct zk_attention_terms {
  /// [heads, T, T rounded up to 16] or NULL; what stands beyond T does not count.
  const float *_Nullable bias;
  /// Of cosines: [heads], and what is added to queries and values, [3, heads, features], of which the keys' part is not read.
  const float *_Nullable logit_scale;
  const float *_Nullable qkv_bias;
} zk_attention_terms;

/// The elements of `bias`, and the numbers that the forward pass keeps for the backward pass.
long zk_attention_bias_count(const zk_attention *_Nonnull attention);
long zk_attention_kept_count(const zk_attention *_Nonnull attention);

/// What a pass needs as scratch, in bytes; it is 64-byte aligned and holds nothing between calls. `dbias`: whether the backward pass
/// is asked for it.
size_t zk_attention_scratch_bytes(const zk_attention *_Nonnull attention, bool backward, bool dbias);

/// output from qkv. `kept`: the largest similarity of each query, and 1 / Σ e^(similarity − largest); NULL in inference. The backward
/// pass makes the very weights of the forward pass of them, so that they sum to 1 as exactly.
void zk_attention_forward(
    const zk_attention *_Nonnull attention, const zk_attention_terms *_Nonnull terms, const float *_Nonnull qkv,
    float *_Nonnull output, float *_Nullable kept, void *_Nonnull scratch);

/// Derivatives: dqkv, and dbias and dlogit_scale unless NULL. That of qkv_bias is the sum of dqkv over all tokens, but for keys.
void zk_attention_backward(
    const zk_attention *_Nonnull attention, const zk_attention_terms *_Nonnull terms, const float *_Nonnull qkv,
    const float *_Nonnull kept, const float *_Nonnull doutput, float *_Nonnull dqkv, float *_Nullable dbias,
    float *_Nullable dlogit_scale, void *_Nonnull scratch);

/// bias[h][i][j] = table[index[i·tokens + j]][h], padded as above with zeros; false, and nothing done, if an index is not in
/// [0, rows). table [rows, heads].
bool zk_attention_bias_gather(
    const float *_Nonnull table, long rows, const int64_t *_Nonnull index, long heads, long tokens, float *_Nonnull bias);

/// The derivative of the table from that of the bias.
void zk_attention_bias_scatter(
    const float *_Nonnull dbias, const int64_t *_Nonnull index, long heads, long tokens, float *_Nonnull dtable, long rows);

/// A network that makes a table of relative positions: table = 16·sigmoid(w2·max(w1·coordinates + b1, 0)), for coordinates
/// [rows, 2], w1 [hidden, 2], b1 [hidden] and w2 [heads, hidden].
typedef struct zk_position_network {
  long rows, hidden, heads;
  const float *_Nonnull coordinates, *_Nonnull w1, *_Nonnull b1, *_Nonnull w2;
} zk_position_network;

/// table [rows, heads], and what is hidden, [rows, hidden].
void zk_position_network_forward(
    const zk_position_network *_Nonnull network, float *_Nonnull hidden, float *_Nonnull table);

/// Derivatives of the weights from that of the table, which is overwritten.
void zk_position_network_backward(
    const zk_position_network *_Nonnull network, const float *_Nonnull hidden, const float *_Nonnull table,
    float *_Nonnull dtable, float *_Nonnull dw1, float *_Nonnull db1, float *_Nonnull dw2);

#ifdef __cplusplus
}
#endif

#endif
