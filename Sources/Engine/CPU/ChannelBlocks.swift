import CKernels
import COneDNN
import Layers

/// How a layout of images keeps their channels: in blocks, all places of a block of channels together.
struct ChannelBlocks {
  let layout: zdnn_layout
  let images, channels, area, block: Int

  /// The blocks of a descriptor of [N, C, H, W]; `nil` for layouts that have none.
  init?(_ descriptor: Descriptor) throws(EngineError) {
    let extents = descriptor.extents
    guard extents.count == 4 else { return nil }
    for (layout, block) in [
      (ZDNN_PLAIN, 1), (ZDNN_BLOCKED16, 16), (ZDNN_BLOCKED8, 8), (ZDNN_CHANNELS_LAST, extents[1]),
    ] where try Descriptor(extents, layout).matches(descriptor) {
      self.init(layout, extents: extents, block: block)
      return
    }
    return nil
  }

  private init(_ layout: zdnn_layout, extents: [Int], block: Int) {
    self.layout = layout
    images = extents[0]
    channels = extents[1]
    area = extents[2] * extents[3]
    self.block = block
  }

  /// The same kind of layout for another number of channels.
  func with(channels count: Int) -> ChannelBlocks {
    ChannelBlocks(
      layout, extents: [images, count, area, 1], block: layout == ZDNN_CHANNELS_LAST ? count : block)
  }

  /// The blocks of an image.
  var outer: Int { (channels + block - 1) / block }

  /// Whether no block has places without a channel, so that a vector of channels is laid out as they are.
  var isFilled: Bool { channels % block == 0 }

  /// The extents as the kernels take them.
  var kernel: zk_blocked { zk_blocked(images: images, outer: outer, area: area, block: block) }
}

extension Compiler {
  /// A value of [N, C, H, W] in a layout of blocks, copied if it is in another.
  /// - Parameter filled: Whether all places of a block must have channels.
  func blocked(
    _ value: Int, filled: Bool = false, module: String
  ) throws(EngineError) -> (operand: Operand, blocks: ChannelBlocks) {
    let own = operand(value)
    if let blocks = try ChannelBlocks(own.descriptor), blocks.isFilled || !filled { return (own, blocks) }
    let plain = try reorder(value, to: try Descriptor(extents(of: value), ZDNN_PLAIN), module: module)
    guard let blocks = try ChannelBlocks(plain.descriptor) else {
      preconditionFailure("a plain memory of images has blocks of one channel")
    }
    return (plain, blocks)
  }

  /// The layout of images that a convolution asks for: its own choice, but with AVX-512 channels last where groups fill no
  /// blocks, because oneDNN's kernels for blocks leave those to general code.
  func layout(of attributes: Conv2dAttributes) -> zdnn_layout {
    let (own, given) = (attributes.inChannels / attributes.groups, attributes.outChannels / attributes.groups)
    guard zdnn_has_avx512(), options.precision == .float32, attributes.groups > 1, own > 1 || given > 1 else {
      return ZDNN_ANY
    }
    return [own, given].allSatisfy { $0 == 8 || $0 % 16 == 0 } ? ZDNN_ANY : ZDNN_CHANNELS_LAST
  }
}
