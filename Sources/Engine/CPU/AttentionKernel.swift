import CKernels
import Layers
import Tensors

/// The extents of an attention as the kernels take them.
struct AttentionKernel {
  private let attention: zk_attention
  /// The tokens of a group.
  let tokens: Int

  /// - Parameter input: The shape of queries, keys and values, without the batch.
  init(_ attributes: AttentionAttributes, input: Shape, batch: Int, threads: Int) {
    var kernel = zk_attention()
    kernel.batch = batch
    kernel.heads = attributes.heads
    kernel.features = attributes.headFeatures
    kernel.threads = Int32(threads)
    if let group = attributes.groupExtents {
      (kernel.height, kernel.width) = (input[0], input[1])
      (kernel.group_height, kernel.group_width) = (group.height, group.width)
    } else {
      let count = input.dimensions.dropLast().reduce(1, *)
      (kernel.height, kernel.width, kernel.group_height, kernel.group_width) = (1, count, 1, count)
    }
    switch attributes.span {
    case .all: break
    case .windows(let size, let shift):
      // Where one window covers the map, rolling it would only mask neighbours.
      kernel.shift_height = size.height < kernel.height ? shift.height : 0
      kernel.shift_width = size.width < kernel.width ? shift.width : 0
    case .grid: kernel.is_grid = true
    }
    switch attributes.similarity {
    case .dotProduct(let scale): kernel.scale = Float(scale)
    case .cosine: kernel.is_cosine = true
    }
    attention = kernel
    tokens = kernel.group_height * kernel.group_width
  }

  /// The extents of the bias.
  var biasExtents: [Int] {
    let heads = attention.heads
    return [heads, tokens, withUnsafePointer(to: attention) { zk_attention_bias_count($0) } / (heads * tokens)]
  }

  var keptCount: Int { withUnsafePointer(to: attention) { zk_attention_kept_count($0) } }

  /// The scratch of the forward pass, or of a backward pass with or without the gradient of a bias.
  func scratchByteCount(backward: Bool = false, hasBias: Bool = false) -> Int {
    withUnsafePointer(to: attention) { zk_attention_scratch_bytes($0, backward, hasBias) }
  }

  /// Calls a kernel with the extents and what is learned.
  func call(
    bias: UnsafePointer<Float>?, logitScale: UnsafePointer<Float>?, qkvBias: UnsafePointer<Float>?,
    _ body: (UnsafePointer<zk_attention>, UnsafePointer<zk_attention_terms>) -> Void
  ) {
    let terms = zk_attention_terms(bias: bias, logit_scale: logitScale, qkv_bias: qkvBias)
    withUnsafePointer(to: attention) { attention in withUnsafePointer(to: terms) { body(attention, $0) } }
  }
}
