/// A function of single elements between two layers.
///
/// Each is a ``Module`` too: `Sequential { Conv2d(3, 16, kernel: 3); Activation.silu }`.
public enum Activation: String, Sendable, Hashable, Codable, CaseIterable {
  /// max(x, 0): PyTorch's `nn.ReLU`.
  case relu
  /// min(max(x, 0), 6): `nn.ReLU6` (Krizhevsky 2010, "Convolutional deep belief networks on CIFAR-10").
  case relu6
  /// 1 / (1 + e⁻ˣ): `nn.Sigmoid`.
  case sigmoid
  /// x · sigmoid(x): `nn.SiLU` (Elfwing et al. 2018; Ramachandran et al. 2017 call it Swish).
  case silu
  /// ReLU6(x + 3) / 6: `nn.Hardsigmoid` (Howard et al. 2019, arXiv:1905.02244).
  case hardSigmoid = "hard_sigmoid"
  /// x · ReLU6(x + 3) / 6: `nn.Hardswish` (Howard et al. 2019, arXiv:1905.02244).
  case hardSwish = "hard_swish"
  /// x · Φ(x) with the normal distribution's Φ, not an approximation of it: `nn.GELU` (Hendrycks & Gimpel 2016,
  /// arXiv:1606.08415).
  case gelu
  /// tanh(x): `nn.Tanh`.
  case tanh

  /// PyTorch's name of the class: `ReLU6`.
  public var className: String {
    switch self {
    case .relu: "ReLU"
    case .relu6: "ReLU6"
    case .sigmoid: "Sigmoid"
    case .silu: "SiLU"
    case .hardSigmoid: "Hardsigmoid"
    case .hardSwish: "Hardswish"
    case .gelu: "GELU"
    case .tanh: "Tanh"
    }
  }
}

extension Activation: Module {
  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.activation(self), at: path, inputs: [input])
  }
}
