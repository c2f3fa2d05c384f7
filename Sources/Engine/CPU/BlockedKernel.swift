import CKernels
import COneDNN
import Layers
import Tensors

/// The three computations of a convolution.
enum ConvolutionPass: CaseIterable {
  case forward, backwardData, backwardWeights
}

/// A convolution by kernels of our own, whose results have their channels in blocks of eight. Weights and all gradients
/// of parameters are plain.
protocol BlockedKernel: AnyObject {
  /// What `zoo bench` shows.
  var name: String { get }
  /// The layout of the images.
  var sourceLayout: zdnn_layout { get }
  /// Bytes of weights in the form that a pass takes; 0 where it takes plain ones.
  func preparedByteCount(_ pass: ConvolutionPass) -> Int
  /// Brings plain weights into the form that a pass takes.
  func prepare(_ pass: ConvolutionPass, _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>)
  /// Bytes of temporary memory.
  func scratchByteCount(_ pass: ConvolutionPass) -> Int
  func forward(
    _ source: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
    _ destination: UnsafeMutablePointer<Float>, relu: Bool, _ scratch: UnsafeMutableRawPointer)
  func backwardData(
    _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutableRawPointer)
  func backwardWeights(
    _ source: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ weights: UnsafeMutablePointer<Float>,
    _ bias: UnsafeMutablePointer<Float>?, _ scratch: UnsafeMutableRawPointer)
}

/// Winograd's minimal filtering for 3×3 and 5×5 convolutions of stride 1.
final class WinogradKernel: BlockedKernel {
  private let plan: OpaquePointer

  /// `nil` where the kernels do not apply or would not pay.
  init?(_ attributes: Conv2dAttributes, batch: Int, input: Shape, threads: Int) {
    guard attributes.stride == 1, attributes.dilation == 1, attributes.groups == 1,
      attributes.kernel == 3 || attributes.kernel == 5,
      // With few channels the transforms cost more than the products save.
      attributes.inChannels >= 16, attributes.outChannels >= 16,
      attributes.padding.height < attributes.kernel.height, attributes.padding.width < attributes.kernel.width
    else { return nil }
    var shape = zk_winograd_shape(
      batch: batch, input_channels: attributes.inChannels, output_channels: attributes.outChannels, height: input[1],
      width: input[2], kernel: attributes.kernel.height, padding_y: attributes.padding.height,
      padding_x: attributes.padding.width)
    guard let plan = zk_winograd_create(&shape, Int32(threads)) else { return nil }
    self.plan = plan
  }

  deinit { zk_winograd_destroy(plan) }

  let name = "zoo:winograd"
  let sourceLayout = ZDNN_BLOCKED8

  func preparedByteCount(_ pass: ConvolutionPass) -> Int { zk_winograd_weights_bytes(plan, Self.code(pass)) }

  func prepare(_ pass: ConvolutionPass, _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {
    zk_winograd_transform_weights(plan, Self.code(pass), weights, prepared)
  }

  func scratchByteCount(_ pass: ConvolutionPass) -> Int { zk_winograd_scratch_bytes(plan, Self.code(pass)) }

  func forward(
    _ source: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
    _ destination: UnsafeMutablePointer<Float>, relu: Bool, _ scratch: UnsafeMutableRawPointer
  ) { zk_winograd_forward(plan, source, weights, bias, destination, relu ? 1 : 0, scratch) }

  func backwardData(
    _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutableRawPointer
  ) { zk_winograd_backward_data(plan, gradient, weights, result, scratch) }

  func backwardWeights(
    _ source: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ weights: UnsafeMutablePointer<Float>,
    _ bias: UnsafeMutablePointer<Float>?, _ scratch: UnsafeMutableRawPointer
  ) { zk_winograd_backward_weights(plan, source, gradient, weights, bias, scratch) }

  private static func code(_ pass: ConvolutionPass) -> zk_winograd_pass {
    switch pass {
    case .forward: ZK_WINOGRAD_FORWARD
    case .backwardData: ZK_WINOGRAD_BACKWARD_DATA
    case .backwardWeights: ZK_WINOGRAD_BACKWARD_WEIGHTS
    }
  }
}

/// A direct convolution of images with few channels, whose gradient nobody wants.
final class FirstConvolutionKernel: BlockedKernel {
  private var convolution: zk_first_conv

  /// `nil` where the kernels do not apply.
  init?(_ attributes: Conv2dAttributes, batch: Int, input: Shape, output: Shape, threads: Int) {
    guard attributes.inChannels <= 4, attributes.dilation == 1, attributes.groups == 1,
      attributes.padding.height < attributes.kernel.height, attributes.padding.width < attributes.kernel.width
    else { return nil }
    convolution = zk_first_conv(
      batch: batch, channels: attributes.inChannels, height: input[1], width: input[2], outputs: attributes.outChannels,
      kernel_height: attributes.kernel.height, kernel_width: attributes.kernel.width,
      stride_height: attributes.stride.height, stride_width: attributes.stride.width,
      pad_top: attributes.padding.height, pad_left: attributes.padding.width, out_height: output[1],
      out_width: output[2], threads: Int32(threads))
  }

  static let name = "zoo:first_conv"
  var name: String { Self.name }
  let sourceLayout = ZDNN_PLAIN

  func preparedByteCount(_ pass: ConvolutionPass) -> Int { 0 }

  func prepare(_ pass: ConvolutionPass, _ weights: UnsafePointer<Float>, into prepared: UnsafeMutablePointer<Float>) {}

  func scratchByteCount(_ pass: ConvolutionPass) -> Int { zk_first_conv_scratch_bytes(&convolution) }

  func forward(
    _ source: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ bias: UnsafePointer<Float>?,
    _ destination: UnsafeMutablePointer<Float>, relu: Bool, _ scratch: UnsafeMutableRawPointer
  ) { zk_first_conv_forward(&convolution, source, weights, bias, relu, destination, scratch) }

  func backwardData(
    _ gradient: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ result: UnsafeMutablePointer<Float>,
    _ scratch: UnsafeMutableRawPointer
  ) { preconditionFailure("nobody asks for the gradient of the images") }

  func backwardWeights(
    _ source: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ weights: UnsafeMutablePointer<Float>,
    _ bias: UnsafeMutablePointer<Float>?, _ scratch: UnsafeMutableRawPointer
  ) { zk_first_conv_backward_weights(&convolution, source, gradient, false, weights, bias, scratch) }
}
