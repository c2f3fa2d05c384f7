import Tensors

/// How the weight and the bias of a convolution or a fully connected layer start.
public struct LayerInitializer: Sendable, Hashable {
  /// How the weight starts.
  public let weight: Initializer
  /// How the bias starts; `nil` is PyTorch's default, U(±1/√fan_in) with the weight's fan_in.
  public let bias: Initializer?

  /// A weight's and a bias's start.
  public init(weight: Initializer, bias: Initializer? = nil) {
    self.weight = weight
    self.bias = bias
  }

  /// What PyTorch's `nn.Conv2d` and `nn.Linear` do: kaiming_uniform(a = √5), so weight and bias are U(±1/√fan_in).
  public static let torchDefault = LayerInitializer(
    weight: .kaimingUniform(.fanIn, gain: (1.0 / 3).squareRoot()))

  /// The parameters of a layer, in the order in which PyTorch registers them.
  func parameters(at path: ModulePath, weight shape: Shape, bias hasBias: Bool) -> [Parameter] {
    let weightParameter = Parameter(name: path.child("weight").description, shape: shape, initializer: weight)
    guard hasBias else { return [weightParameter] }
    let bound = 1 / Double(max(shape.fans.in, 1)).squareRoot()
    return [
      weightParameter,
      Parameter(
        name: path.child("bias").description, shape: [shape[0]],
        initializer: bias ?? .uniform(low: -bound, high: bound)),
    ]
  }
}

extension Shape {
  /// The fan_in and fan_out of a weight [O, I, …]: I·k and O·k, where k is the product of the remaining extents.
  /// A shape of fewer than two axes has no fans; its elements count for both.
  var fans: (in: Int, out: Int) {
    guard rank >= 2 else { return (count, count) }
    let receptiveField = dimensions.dropFirst(2).reduce(1, *)
    return (self[1] * receptiveField, self[0] * receptiveField)
  }
}
