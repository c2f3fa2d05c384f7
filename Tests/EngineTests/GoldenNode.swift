import Layers
import Tensors

/// A node of a recorded net.
struct GoldenNode: Sendable, Decodable {
  let name: String
  let operation: Layers.Operation
  /// Indices of values: 0 is the image, i + 1 is what node i gives.
  let inputs: [Int]

  private enum CodingKeys: String, CodingKey {
    case name, op, inputs, inChannels, outChannels, kernel, stride, padding, dilation, groups, bias, sides, inFeatures
    case outFeatures, features, epsilon, momentum, size, alpha, beta, k, ceilMode, countIncludePad, output, probability
    case function, order, axis, start, count, before, after, scale, shift
    case tokens, multiple, heads, headFeatures, span, group, moved, cosine, product, positionBias, hidden
  }

  init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    func int(_ key: CodingKeys) throws -> Int { try fields.decode(Int.self, forKey: key) }
    func double(_ key: CodingKeys) throws -> Double { try fields.decode(Double.self, forKey: key) }
    func bool(_ key: CodingKeys) throws -> Bool { try fields.decode(Bool.self, forKey: key) }
    func pair(_ key: CodingKeys) throws -> Pair {
      let values = try fields.decode([Int].self, forKey: key)
      return Pair(values[0], values[1])
    }
    func pool() throws -> PoolAttributes {
      PoolAttributes(
        kernel: try pair(.kernel), stride: try pair(.stride), padding: try pair(.padding),
        dilation: try pair(.dilation), ceilMode: try bool(.ceilMode))
    }
    name = try fields.decode(String.self, forKey: .name)
    inputs = try fields.decode([Int].self, forKey: .inputs)
    switch try fields.decode(String.self, forKey: .op) {
    case "conv2d":
      operation = .conv2d(
        Conv2dAttributes(
          inChannels: try int(.inChannels), outChannels: try int(.outChannels), kernel: try pair(.kernel),
          stride: try pair(.stride), padding: try pair(.padding), dilation: try pair(.dilation),
          groups: try int(.groups), bias: try bool(.bias)))
    case "zeroPad2d":
      let sides = try fields.decode([Int].self, forKey: .sides)
      operation = .zeroPad2d(Sides(left: sides[0], right: sides[1], top: sides[2], bottom: sides[3]))
    case "linear":
      operation = .linear(inFeatures: try int(.inFeatures), outFeatures: try int(.outFeatures), bias: try bool(.bias))
    case "batchNorm2d":
      operation = .batchNorm2d(
        features: try int(.features), epsilon: try double(.epsilon), momentum: try double(.momentum))
    case "localResponseNorm":
      operation = .localResponseNorm(
        size: try int(.size), alpha: try double(.alpha), beta: try double(.beta), k: try double(.k))
    case "layerNorm": operation = .layerNorm(features: try int(.features), epsilon: try double(.epsilon))
    case "layerScale": operation = .layerScale(features: try int(.features))
    case "relu": operation = .activation(.relu)
    case "activation": operation = .activation(try fields.decode(Activation.self, forKey: .function))
    case "permute": operation = .permute(order: try fields.decode([Int].self, forKey: .order))
    case "narrow": operation = .narrow(axis: try int(.axis), start: try int(.start), count: try int(.count))
    case "channelShuffle": operation = .channelShuffle(groups: try int(.groups))
    case "padChannels": operation = .padChannels(before: try int(.before), after: try int(.after))
    case "channelAffine":
      operation = .channelAffine(
        scale: try fields.decode([Double].self, forKey: .scale), shift: try fields.decode([Double].self, forKey: .shift)
      )
    case "classToken": operation = .classToken(features: try int(.features))
    case "positionEmbedding":
      operation = .positionEmbedding(tokens: try int(.tokens), features: try int(.features))
    case "padTokens": operation = .padTokens(multiple: try pair(.multiple))
    case "cropTokens": operation = .cropTokens
    case "mergePatches": operation = .mergePatches
    case "attention": operation = .attention(try Self.attention(fields))
    case "multiply": operation = .multiply
    case "maxPool2d": operation = .maxPool2d(try pool())
    case "avgPool2d": operation = .avgPool2d(try pool(), countIncludePad: try bool(.countIncludePad))
    case "adaptiveAvgPool2d": operation = .adaptiveAvgPool2d(output: try pair(.output))
    case "dropout": operation = .dropout(probability: try double(.probability))
    case "flatten": operation = .flatten
    case "add": operation = .add
    case "concat": operation = .concat
    case let unknown:
      throw GoldenError(message: "'\(name)': no operation is called '\(unknown)'")
    }
  }

  /// The parameters in the order that ``Layers/Operation`` documents. Their initializers are never asked.
  var parameters: [Parameter] {
    func parameter(_ field: String, _ shape: Shape, _ role: Parameter.Role = .trainable) -> Parameter {
      Parameter(name: "\(name).\(field)", shape: shape, role: role, initializer: .constant(0))
    }
    switch operation {
    case .conv2d(let a):
      let weight = parameter(
        "weight", [a.outChannels, a.inChannels / a.groups, a.kernel.height, a.kernel.width])
      return a.bias ? [weight, parameter("bias", [a.outChannels])] : [weight]
    case .linear(let inFeatures, let outFeatures, let bias):
      let weight = parameter("weight", [outFeatures, inFeatures])
      return bias ? [weight, parameter("bias", [outFeatures])] : [weight]
    case .layerNorm(let features, _): return [parameter("weight", [features]), parameter("bias", [features])]
    case .classToken(let features): return [parameter("weight", [1, 1, features])]
    case .positionEmbedding(let tokens, let features): return [parameter("weight", [1, tokens, features])]
    case .attention(let attributes): return parameters(of: attributes)
    case .layerScale(let features): return [parameter("weight", [features, 1, 1])]
    case .batchNorm2d(let features, _, _):
      return [
        parameter("weight", [features]), parameter("bias", [features]),
        parameter("running_mean", [features], .buffer), parameter("running_var", [features], .buffer),
        Parameter(
          name: "\(name).num_batches_tracked", shape: [], dtype: .int64, role: .buffer, initializer: .constant(0)),
      ]
    default: return []
    }
  }
}

extension GoldenNode {
  private static func attention(_ fields: KeyedDecodingContainer<CodingKeys>) throws -> AttentionAttributes {
    func pair(_ key: CodingKeys) throws -> Pair {
      let values = try fields.decode([Int].self, forKey: key)
      return Pair(values[0], values[1])
    }
    let span: AttentionAttributes.Span =
      switch try fields.decode(String.self, forKey: .span) {
      case "windows": .windows(try pair(.group), shift: try pair(.moved))
      case "grid": .grid(try pair(.group))
      default: .all
      }
    let bias: AttentionAttributes.PositionBias =
      switch try fields.decode(String.self, forKey: .positionBias) {
      case "table": .table
      case "network": .network(hidden: try fields.decode(Int.self, forKey: .hidden))
      default: .none
      }
    let scale = try fields.decodeIfPresent(Double.self, forKey: .product)
    return AttentionAttributes(
      heads: try fields.decode(Int.self, forKey: .heads),
      headFeatures: try fields.decode(Int.self, forKey: .headFeatures),
      span: span, similarity: scale.map { .dotProduct(scale: $0) } ?? .cosine, positionBias: bias)
  }

  /// What attention learns and the buffers that it reads, as `draw_attention` calls them.
  private func parameters(of attributes: AttentionAttributes) -> [Parameter] {
    func parameter(
      _ field: String, _ shape: Shape, _ dtype: DType = .float32, _ role: Parameter.Role = .trainable
    ) -> Parameter {
      Parameter(name: "\(name).\(field)", shape: shape, dtype: dtype, role: role, initializer: .constant(0))
    }
    let heads = attributes.heads
    var parameters: [Parameter] = []
    if attributes.similarity == .cosine {
      parameters += [
        parameter("scale.weight", [heads, 1, 1]), parameter("qkv.bias", [3 * heads * attributes.headFeatures]),
      ]
    }
    guard let group = attributes.groupExtents else { return parameters }
    let (rows, columns, pairs) = (
      2 * group.height - 1, 2 * group.width - 1, group.height * group.width * group.height * group.width
    )
    let index = parameter("index", [pairs], .int64, .buffer)
    switch attributes.positionBias {
    case .none: break
    case .table: parameters += [parameter("table.weight", [rows * columns, heads]), index]
    case .network(let hidden):
      parameters += [
        parameter("coordinates", [1, rows, columns, 2], .float32, .buffer), index,
        parameter("first.weight", [hidden, 2]), parameter("first.bias", [hidden]),
        parameter("second.weight", [heads, hidden]),
      ]
    }
    return parameters
  }
}
