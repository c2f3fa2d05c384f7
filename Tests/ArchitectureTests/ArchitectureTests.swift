import Fixtures
import Foundation
import Layers
import Tensors
import Testing
import Zoo

@testable import Architecture

/// Architectures from YAML: what they build.
struct ArchitectureTests {
  static let folder = URL(filePath: #filePath).appending(path: "../../../Examples/architectures").standardizedFileURL

  private static func graph(_ layers: String, blocks: String = "", input: String = "{channels: 3, size: 8}") throws
    -> Graph
  {
    let text = "input: \(input)\nclasses: 4\n\(blocks)\nlayers:\n\(layers)\n"
    return try ModelEntry(architecture: text, name: "net", path: "net.yaml").build()
  }

  @Test func aResNetFromAFileIsThatOfTheRegistry() throws {
    let own = try ModelEntry.named(Self.folder.appending(path: "resnet18.yaml").path)
    let registry = try Registry.model(named: "resnet18")
    #expect(own.name == "my_resnet18" && own.inputSize == 224 && own.evaluation == registry.evaluation)
    // Names, shapes, order, initialisers and operations.
    #expect(try own.build() == registry.build())
    let arguments = ModelArguments(numClasses: 7, initWeights: false, inputChannels: 1)
    #expect(try own.build(arguments) == registry.build(arguments))
  }

  @Test func theExamplesBuild() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).filter { $0.hasSuffix(".yaml") }
    #expect(names.count >= 2)
    for name in names {
      let entry = try ModelEntry.named(Self.folder.appending(path: name).path)
      let graph = try entry.build()
      let shapes = try graph.shapes(input: [entry.inputChannels, entry.inputSize, entry.inputSize])
      #expect(shapes[graph.output.index] == [entry.numClasses])
    }
  }

  @Test func theFileInTheArticleBuilds() throws {
    let article = Self.folder.appending(path: "../../Sources/Architecture/Architecture.docc/Architecture.md")
    let text = try String(contentsOf: article.standardizedFileURL, encoding: .utf8)
    let blocks = text.components(separatedBy: "```yaml\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    #expect(blocks.count == 1)
    for block in blocks { _ = try ModelEntry(architecture: block, name: "net", path: "the article").build() }
    // Every module that files can name is told.
    for name in Signature.modules.keys { #expect(text.contains("`\(name)`"), "\(name)") }
  }

  /// A graph that a checkpoint holds is a stranger's: its figures must agree, and its words must be harmless.
  @Test func graphsOfCheckpointsAreChecked() throws {
    let nodes = [
      StoredGraph.Node("flat", .flatten, inputs: [0]),
      StoredGraph.Node(
        "fc", .linear(inFeatures: 4, outFeatures: 7, bias: false), inputs: [1], parameters: ["fc.weight"]),
    ]
    func definition(_ summary: String, _ classes: Int) -> GraphDefinition {
      GraphDefinition(
        summary: summary, source: "a test", inputSize: 2, classes: classes,
        evaluation: EvaluationPreset(resize: .squash(2), crop: 2, mean: [0.5], std: [0.5]),
        graph: StoredGraph(inputChannels: 1, nodes: nodes, output: 2))
    }
    let good = try definition("harmless", 7).text
    #expect(try ModelEntry.named("net", definition: good).build().parameterCount == 28)
    for text in [good.replacing("\"classes\":7", with: "\"classes\":5"), try definition("\u{1B}]52;c;\u{7}", 7).text] {
      #expect(throws: ZooError.self) { try ModelEntry.named("net", definition: text) }
    }
    #expect(throws: ZooError.self) { try ModelEntry.named("a\u{1B}b", definition: good) }
    #expect(throws: ZooError.self) { try definition("many", 2_000_000).entry(named: "net") }
  }

  @Test func aCheckpointsTextBuildsTheSame() throws {
    let entry = try ModelEntry.named(Self.folder.appending(path: "small.yaml").path)
    let definition = try #require(entry.defaultArguments.definition)
    let again = try ModelEntry.named(entry.name, definition: definition)
    #expect(try again.build() == entry.build() && again.name == entry.name)
    // What a checkpoint keeps of the arguments.
    let arguments = try JSONDecoder().decode(
      ModelArguments.self, from: JSONEncoder().encode(ModelArguments(numClasses: 3, definition: definition)))
    #expect(arguments.definition == definition && arguments.numClasses == 3)
  }

  @Test func modulesEqualThoseOfLayers() throws {
    let graph = try Self.graph(
      """
      - {Conv2d: [6, [3, 1]], stride: [2, 1], padding: [1, 0], dilation: 1, groups: 3, in_channels: 3}
      - {BatchNorm2d: 6, eps: 0.001, momentum: 0.03}
      - ReLU6
      - {ZeroPad2d: [1, 0, 2, 0]}
      - {LocalResponseNorm: 5, k: 2}
      - {MaxPool2d: [3, 2, 1], ceil_mode: true}
      - {AvgPool2d: 2, stride: 1, count_include_pad: false}
      - {ChannelShuffle: 2}
      - {LayerNorm2d: null, eps: 1e-6}
      - {Permute: [0, 2, 3, 1]}
      - LayerNorm
      - {Permute: [0, 3, 1, 2]}
      - {AdaptiveAvgPool2d: [2, 1]}
      - {StochasticDepth: 0.2}
      - {Dropout: null}
      - Identity
      - Flatten
      - {Linear: $classes, bias: False}
      """)
    let expected = Graph(
      inputChannels: 3,
      Sequential([
        Conv2d(3, 6, kernel: Pair(3, 1), stride: Pair(2, 1), padding: Pair(1, 0), groups: 3),
        BatchNorm2d(6, epsilon: 0.001, momentum: 0.03), Activation.relu6,
        ZeroPad2d(Sides(left: 1, right: 0, top: 2, bottom: 0)), LocalResponseNorm(5, k: 2),
        MaxPool2d(3, stride: 2, padding: 1, ceilMode: true), AvgPool2d(2, stride: 1, countIncludePad: false),
        ChannelShuffle(groups: 2), LayerNorm2d(6, epsilon: 1e-6), Permute([1, 2, 0]), LayerNorm(6), Permute([2, 0, 1]),
        AdaptiveAvgPool2d(Pair(2, 1)), StochasticDepth(0.2), Dropout(), Sequential([]), Flatten(),
        Linear(12, 4, bias: false),
      ]))
    #expect(graph == expected)
  }

  @Test func listsTakeTheirItemsOneByOne() throws {
    let names = try Self.graph(
      """
      - {Conv2d: [4, 1], repeat: 3}
      - last: {Conv2d: [4, 1], repeat: 2}
      - {Conv2d: [5, 1], if: false}
      - Flatten
      - {Linear: $classes}
      """
    ).parameters.map(\.name).filter { $0.hasSuffix("weight") }
    #expect(names == ["0.weight", "1.weight", "2.weight", "last.0.weight", "last.1.weight", "5.weight"])
  }

  @Test func squeezeExcitationIsTorchvisions() throws {
    let graph = try Self.graph(
      "- se: {SqueezeExcitation: 2, scale_activation: Hardsigmoid}\n- Flatten\n- {Linear: $classes}")
    #expect(
      graph.parameters.prefix(4).map(\.name) == ["se.fc1.weight", "se.fc1.bias", "se.fc2.weight", "se.fc2.bias"])
    #expect(graph.nodes[5].operation == .multiply && graph.nodes[5].inputs[0] == Graph.input)
    #expect(graph.nodes[4].operation == .activation(.hardSigmoid))
  }

  /// A ViT's block, with its names.
  @Test func attentionEqualsThatOfLayers() throws {
    let graph = try Self.graph(
      """
      - conv_proj: {Conv2d: [12, 4], stride: 4}
      - map: {Permute: [0, 2, 3, 1]}
      - token: ClassToken
      - encoder:
          - PositionEmbedding
          - layer:
              - Residual: {ln_1: {LayerNorm: null, eps: 1e-6}, self_attention: {MultiheadAttention: 3, embed_dim: 12}}
              - Residual: {ln_2: LayerNorm, mlp: [{Linear: $in * 2}, GELU, {Linear: $in // 2}]}
      - first: FirstToken
      - head: {Linear: $classes}
      """)
    let attention = Sequential([
      "ln_1": LayerNorm(12, epsilon: 1e-6), "self_attention": MultiheadAttention(12, heads: 3),
    ])
    let mlp = Sequential([Linear(12, 24), Activation.gelu, Linear(24, 12)])
    let linear = Sequential(["ln_2": LayerNorm(12), "mlp": mlp])
    let layer = Sequential([Residual(attention, rectified: false), Residual(linear, rectified: false)])
    let expected = Graph(
      inputChannels: 3,
      Sequential([
        "conv_proj": Conv2d(3, 12, kernel: 4, stride: 4), "map": Permute.channelsLast, "token": ClassToken(12),
        "encoder": NamedModules(children: [("0", PositionEmbedding(tokens: 5, 12)), ("layer", layer)]),
        "first": FirstToken(), "head": Linear(12, 4),
      ]))
    #expect(graph == expected)
    #expect(
      graph.parameters.map(\.name)[2...4] == [
        "token.class_token", "encoder.0.pos_embedding", "encoder.layer.0.ln_1.weight",
      ])
  }

  /// ConvNeXt's block is that of the registry: torchvision's names, order and start.
  @Test func aConvNeXtBlockIsThatOfTheRegistry() throws {
    let own = try Self.graph(
      """
      - block:
          Residual:
            LayerScale:
              block:
                - {Conv2d: [96, 7], padding: 3, groups: 96}
                - {Permute: [0, 2, 3, 1]}
                - {LayerNorm: null, eps: 1e-6}
                - {Linear: 384}
                - GELU
                - {Linear: 96}
                - {Permute: [0, 3, 1, 2]}
      - flatten: Flatten
      - head: {Linear: $classes}
      """, input: "{channels: 96, size: 2}")
    let registry = try Registry.model(named: "convnext_tiny").build()
    let start = try #require(registry.parameters.firstIndex { $0.name == "features.1.0.layer_scale" })
    let count = own.parameters.count - 2
    let published = registry.parameters[start..<start + count]
    #expect(
      own.parameters.prefix(count).map(\.name) == published.map { $0.name.replacing("features.1.0.", with: "block.") })
    #expect(own.parameters.prefix(count).map(\.shape) == published.map(\.shape))
    #expect(own.parameters[0].initializer == published.first?.initializer)
    let first = try #require(registry.nodes.firstIndex { $0.name == "features.1.0.block.0" })
    let operations = registry.nodes[first...].map(\.operation).filter {
      if case .stochasticDepth = $0 { false } else { true }
    }
    #expect(own.nodes.dropLast(2).map(\.operation) == Array(operations.prefix(own.nodes.count - 2)))
  }

  @Test(arguments: [
    ("$a", 6), ("$a * 2 + 1", 13), ("($a + 1) * 2", 14), ("$a // 4", 1), ("$a / 3", 2), ("$a % 4", 2), ("-$a + 9", 3),
    ("$classes", 4), ("2 + $in", 5), ("$a - 1 - 1", 4),
  ])
  func expressionsCompute(_ text: String, _ value: Int) throws {
    let scope = Scope(values: ["a": .integer(6), "classes": .integer(4), "in": .integer(3)])
    #expect(try Expression.value(of: text, at: nil, scope) == .integer(value))
  }

  @Test func preprocessingIsTheFiles() throws {
    let text = """
      input: {channels: 1, size: 8}
      preprocessing: {squash: 10, crop: 8, mean: [0.25], std: [2], interpolation: bicubic}
      classes: 4
      layers: [Flatten, {Linear: $classes}]
      """
    let entry = try ModelEntry(architecture: text, name: "net", path: "net.yaml")
    #expect(
      entry.evaluation
        == EvaluationPreset(resize: .squash(10), crop: 8, mean: [0.25], std: [2], interpolation: .bicubic))
  }
}
