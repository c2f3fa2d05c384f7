import Layers
import Tensors

extension GraphEmitter {
  /// A function of each element; some are operators of their own only from an opset on.
  mutating func activation(_ node: Graph.Node, _ function: Activation) -> String {
    let value = input(node)
    switch function {
    case .relu: return add("Relu", [value], at: node.name)
    case .relu6:
      let bounds = [number(0, "\(node.name).min"), number(6, "\(node.name).max")]
      return add("Clip", [value] + bounds, at: node.name)
    case .sigmoid: return add("Sigmoid", [value], at: node.name)
    case .tanh: return add("Tanh", [value], at: node.name)
    case .silu:
      let gate = add("Sigmoid", [value], at: "\(node.name).gate")
      return add("Mul", [value, gate], at: node.name)
    case .hardSigmoid: return hardSigmoid(value, at: node.name)
    case .hardSwish:
      guard options.opset < 14 else { return add("HardSwish", [value], at: node.name) }
      let gate = hardSigmoid(value, at: "\(node.name).gate")
      return add("Mul", [value, gate], at: node.name)
    case .gelu:
      guard options.opset < 20 else { return add("Gelu", [value], at: node.name) }
      return composedGelu(value, at: node.name)
    }
  }

  /// max(0, min(1, x/6 + 1/2)), which is ReLU6(x + 3) / 6.
  private mutating func hardSigmoid(_ value: String, at path: String) -> String {
    add("HardSigmoid", [value], [.float("alpha", 1.0 / 6), .float("beta", 0.5)], at: path)
  }

  /// x · (1 + erf(x/√2)) · ½, in the order of the steps that programs join to one.
  private mutating func composedGelu(_ value: String, at path: String) -> String {
    let scaled = add("Div", [value, number(2.0.squareRoot(), "\(path).root")], at: "\(path).scaled")
    let error = add("Erf", [scaled], at: "\(path).erf")
    let sum = add("Add", [error, number(1, "\(path).one")], at: "\(path).sum")
    let product = add("Mul", [value, sum], at: "\(path).product")
    return add("Mul", [product, number(0.5, "\(path).half")], at: path)
  }

  /// (x − μ)/√(σ² + ε)·γ + β along the last axis.
  mutating func layerNorm(_ node: Graph.Node, _ epsilon: Double) -> String {
    let (value, path) = (input(node), node.name)
    let affine = parameters(node).map { parameter($0) }
    guard options.opset < 17 else {
      return add("LayerNormalization", [value] + affine, [.int("axis", -1), .float("epsilon", epsilon)], at: path)
    }
    let axes: [ONNXAttribute] = [.ints("axes", [-1]), .int("keepdims", 1)]
    let mean = add("ReduceMean", [value], axes, at: "\(path).mean")
    let centred = add("Sub", [value, mean], at: "\(path).centred")
    let squares = add("Mul", [centred, centred], at: "\(path).squares")
    let variance = add("ReduceMean", [squares], axes, at: "\(path).variance")
    let sum = add("Add", [variance, number(epsilon, "\(path).epsilon")], at: "\(path).sum")
    let deviation = add("Sqrt", [sum], at: "\(path).deviation")
    let normalized = add("Div", [centred, deviation], at: "\(path).normalized")
    let scaled = add("Mul", [normalized, affine[0]], at: "\(path).scaled")
    return add("Add", [scaled, affine[1]], at: path)
  }

  /// A constant number.
  private mutating func number(_ value: Double, _ name: String) -> String {
    constant(Tensor([Float(value)], shape: []), called: name)
  }
}
