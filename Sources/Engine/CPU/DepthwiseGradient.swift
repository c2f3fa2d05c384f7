import CKernels
import COneDNN
import Layers

/// How the gradient of a depthwise convolution's weights is computed by our kernel, in the layout that the forward pass has.
struct DepthwiseGradient {
  /// Of source and result.
  let layout: zdnn_layout
  private let convolution: zk_depthwise

  /// What the kernel takes at most.
  private static let mostTaps = 256

  /// - Parameters:
  ///   - source: The layout of the forward pass's source.
  ///   - output: The extents of the result, [N, C, H, W].
  /// - Returns: `nil` where the convolution is another one or lies otherwise.
  init?(_ attributes: Conv2dAttributes, source: Descriptor, output: [Int]) throws(EngineError) {
    guard attributes.groups > 1, attributes.groups == attributes.inChannels,
      attributes.groups == attributes.outChannels, attributes.dilation == 1,
      attributes.kernel.height * attributes.kernel.width <= Self.mostTaps,
      let blocks = try ChannelBlocks(source), blocks.layout == ZDNN_BLOCKED16 || blocks.layout == ZDNN_BLOCKED8
    else { return nil }
    layout = blocks.layout
    let extents = source.extents
    convolution = zk_depthwise(
      images: extents[0], blocks: blocks.outer, lanes: blocks.block, in_height: extents[2], in_width: extents[3],
      out_height: output[2], out_width: output[3], kernel_height: attributes.kernel.height,
      kernel_width: attributes.kernel.width, stride_height: attributes.stride.height,
      stride_width: attributes.stride.width, pad_top: attributes.padding.height, pad_left: attributes.padding.width)
  }

  /// Bytes that the kernel works in.
  func scratchByteCount(threads: Int) -> Int {
    withUnsafePointer(to: convolution) { zk_depthwise_scratch($0, Int32(threads)) } * MemoryLayout<Float>.size
  }

  /// The places of source, gradient of the result, weights' gradient, scratch memory and, where there is one, bias'
  /// gradient.
  func compute(_ places: [UnsafeMutableRawPointer], threads: Int) {
    withUnsafePointer(to: convolution) {
      zk_depthwise_weights(
        $0, places[0].floats, places[1].floats, places[2].floats, places.count > 4 ? places[4].floats : nil,
        places[3].floats, Int32(threads))
    }
  }
}
