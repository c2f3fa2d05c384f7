import Fixtures
import Foundation
import Testing
import Zoo

@testable import Architecture

/// What can be wrong with a file: the line, the column, and what to do.
struct ArchitectureErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let line: Int
    let column: Int
    let message: String
    var testDescription: String { message }

    init(_ text: String, _ line: Int, _ column: Int, _ message: String) {
      (self.text, self.line, self.column, self.message) = (text, line, column, message)
    }

    /// A case of layers in line 2 and on, before which the input is small.
    static func layers(_ text: String, _ line: Int, _ column: Int, _ message: String) -> Case {
      Case("input: {channels: 3, size: 8}\nlayers:\n\(text)\n- Flatten\n- {Linear: $classes}", line, column, message)
    }
  }

  static let cases: [Case] = [
    Case("", 0, 0, "is empty"), Case("- a", 1, 1, "is a list"), Case("name: x", 1, 1, "'layers' is missing"),
    Case("layer: []", 1, 1, "did you mean 'layers'?"),
    Case("name: resnet18\nlayers: []", 1, 7, "is a model of the registry"),
    Case("name: 'a b'\nlayers: []", 1, 7, "up to 64 letters"),
    Case("classes: 0\nlayers: []", 1, 10, "'classes' is '0'; expected a whole number in 1...1000000"),
    Case("input: {size: 1e9}\nlayers: []", 1, 15, "'size'"), Case("input: 3\nlayers: []", 1, 8, "{channels: 3"),
    Case("init: magic\nlayers: []", 1, 7, "kaiming_normal"),
    Case("preprocessing: {mean: [1]}\nlayers: []", 1, 23, "3 numbers, one for each channel"),
    Case("layers: [a: {b: }", 2, 1, "not YAML"), Case("layers: {a: ReLU, a: ReLU}", 1, 10, "stands twice"),
    Case("a: &x 1\nlayers: *x", 2, 0, "anchors and aliases"),
    Case("a: &x 1\nlayers: [\r*x]", 0, 0, "line ends"), Case("a: &x 1\nlayers: [\u{2028}*x]", 0, 0, "line ends"),
    Case("a: &x 1\r\nlayers: *x", 2, 0, "anchors and aliases"),
    .layers("- Conv3d", 3, 3, "did you mean 'Conv2d'"),
    .layers("- {Conv2D: [4, 3], padding: 1}", 3, 4, "did you mean 'Conv2d'?"),
    .layers("- {Dropot: 0.5}", 3, 4, "did you mean 'Dropout'?"),
    .layers("- {Conv2d: 4, kernel: 3}", 3, 15, "'Conv2d' has no argument 'kernel'; did you mean 'kernel_size'?"),
    .layers("- {Conv2d: 4}", 3, 4, "'kernel_size' is missing: Conv2d(out_channels, kernel_size,"),
    .layers("- {Conv2d: [4, 3], stride: fast}", 3, 28, "'stride' of 'Conv2d' is 'fast'; expected a whole number"),
    .layers("- {Conv2d: [3, 4, 3]}", 3, 12, "takes at most 2 arguments without names, and 3 are given"),
    .layers("- {Conv2d: [4, 3], in_channels: 5}", 3, 33, "expected 3, the channels that come in"),
    .layers("- {Conv2d: [4, 3], bias: 1}", 3, 26, "expected true or false"),
    .layers("- {Conv2d: [0, 3]}", 3, 13, "1...1048576"),
    .layers("- {Conv2d: [4, 99999]}", 3, 16, "1...1024"),
    .layers("- {Conv2d: [4, 3], groups: 2}", 3, 4, "0: 2 groups must divide both 3 input and 4 output"),
    .layers("- {Conv2d: [4, 2], padding: same}", 3, 29, "has no middle"),
    .layers("- {ReLU: 3}", 3, 10, "takes no argument"),
    .layers("- a: {Conv2d: [4, 9]}", 3, 7, "a: kernel 9 does not fit [1, 3, 8, 8]"),
    .layers("- {Conv2d: [$width, 3]}", 3, 13, "there is no '$width'; there are $classes, $in"),
    .layers("- {Conv2d: [$in / 2, 3]}", 3, 13, "3 / 2 is not a whole number"),
    .layers("- {Conv2d: [$in // 0, 3]}", 3, 13, "a divisor must be above 0"),
    .layers("- {Conv2d: [($in, 3]}", 3, 13, "')' is missing"),
    .layers(
      "- a: {Conv2d: [4, 1]}\n- a: {Conv2d: [4, 1]}", 4, 7,
      "two layers with parameters are called 'a' (the other is in line 3)"),
    .layers("- {Residual: [{Conv2d: [4, 1]}]}", 3, 4, "cannot be added; 'projection' says"),
    .layers("- {Residual: [], activation: Relu}", 3, 30, "expected one of ReLU"),
    .layers("- {Concat: {a: {Conv2d: [4, 3]}, b: Identity}}", 3, 4, "cannot concatenate"),
    .layers("- {Multiply: [[]]}", 3, 4, "joins branches, and has 1"),
    .layers("- {Dropout: 1.5}", 3, 4, "must be at least 0 and below 1"),
    .layers("- {ReLU: null, repeat: 5000}", 3, 24, "0...1000"),
    .layers("- 'a.b': ReLU", 3, 3, "is no name"),
    .layers("- a: ReLU\n  b: ReLU", 3, 3, "begins with a dash of its own"),
    .layers("- {BatchNorm2d: {eps: 1}}", 3, 17, "stand beside it"),
    .layers("- {ZeroPad2d: [1, x, 2, 3, 4]}", 3, 15, "four: [left, right, top, bottom]"),
    .layers("- {ZeroPad2d: [1, 2.5, 2, 3, 4]}", 3, 15, "four: [left, right, top, bottom]"),
    .layers("- {Permute: [1, 0, 2, 3]}", 3, 13, "with the batch in front"),
    .layers("- {Permute: [0, 2, 3, 1]}\n- {MultiheadAttention: 2}", 4, 4, "2 heads cannot share 3 features"),
    .layers(
      "- {Permute: [0, 2, 3, 1]}\n- {MultiheadAttention: 1, embed_dim: 6}", 4, 38, "expected 3, the features of a token"
    ),
    .layers("- {MultiheadAttention: 2}", 3, 4, "an image: put '{Permute: [0, 2, 3, 1]}' before"),
    .layers("- {Conv2d: [4, 1]}\n- ClassToken", 4, 3, "an image: put '{Permute: [0, 2, 3, 1]}' before"),
    .layers("- {Permute: [0, 2, 3, 1]}\n- {LayerScale: [{Linear: $in}]}", 4, 4, "put '{Permute: [0, 3, 1, 2]}' before"),
    .layers(
      "- {Permute: [0, 2, 3, 1]}\n- BatchNorm2d", 4, 3, "with channels last: put '{Permute: [0, 3, 1, 2]}' before"),
    .layers("- {Permute: [0, 2, 3, 1]}\n- {Concat: [Identity, Identity]}", 4, 4, "but its branches give them last"),
    .layers("- {Permute: [0, 2, 3, 1]}\n- {SqueezeExcitation: 1}", 4, 4, "put '{Permute: [0, 3, 1, 2]}' before"),
    .layers("- norm: {GroupNorm: 4}", 3, 10, "no module or block is called 'GroupNorm'"),
    .layers("- norm: {GroupNorm: [4, 8], eps: 1}", 3, 10, "no module or block is called 'GroupNorm'"),
    .layers("- act: {LeakyReLU: 0.1}", 3, 9, "called 'LeakyReLU'; there are AdaptiveAvgPool2d"),
    .layers("- act: {LeakyReLU: true}", 3, 9, "called 'LeakyReLU'"),
    .layers("- m: Softmax", 3, 6, "is called 'Softmax'"),
    .layers("- head: {Linaer: $classes}", 3, 10, "called 'Linaer'; did you mean 'Linear'?"),
    Case("layers:", 1, 8, "there is nothing here"),
    Case("preprocessing: {resize: 4, squash: 5}\nlayers: []", 1, 28, "give one of them"),
    .layers("- PositionEmbedding", 3, 3, "put ClassToken before"),
    .layers("- FirstToken", 3, 3, "takes tokens [N, T, D]"),
    .layers("- {LayerScale: Flatten}", 3, 4, "its body gives [1, 192]"),
    .layers("- {LayerScale: [], initial: one}", 3, 29, "expected a number"),
    .layers(
      "- {LayerScale: {layer_scale: {Conv2d: [3, 1]}}}", 3, 4, "two layers with parameters are called '0.layer_scale'"),
    .layers("- {Permute: [0, 2, 3, 1]}\n- ClassToken\n- FirstToken\n- ClassToken", 6, 3, "3: ClassToken takes tokens"),
    Case("layers: [Flatten]", 1, 9, "logits [1, 1000] are needed"),
    Case("layers: [{Linear: $classes}, Flatten]", 1, 9, "logits [1, 1000] are needed"),
    Case("layers: {fc: {Linear: $classes}}\ninput: {size: 1}", 1, 15, "put Flatten before"),
    Case("blocks: []\nlayers: []", 1, 9, "'blocks' is a list"),
    Case("blocks: {ReLU: {layers: []}}\nlayers: []", 1, 10, "there is a module of that name"),
    Case("blocks: {a: {arguments: [in], layers: []}}\nlayers: []", 1, 26, "means something else"),
    Case("blocks: {a: {arguments: [x]}}\nlayers: []", 1, 13, "has no 'layers'"),
    Case("blocks: {a: {arguments: [x], layers: []}}\nlayers: [a]", 2, 10, "'x' is missing: a(x)"),
    Case(
      "blocks: {a: {layers: [b]}, b: {layers: [c]}, c: {layers: [a]}}\nlayers: [a]", 1, 59,
      "without end: a → b → c → a"),
    // Each block is ten of the next: a million layers, which are never built.
    Case(
      "blocks:\n"
        + (0..<9).map { "  b\($0): {layers: [{b\($0 + 1): null, repeat: 10}]}\n" }.joined()
        + "  b9: {layers: [ReLU]}\nlayers: [b0]", 11, 17, "more than 20000 modules"),
    // Copies of a layer count as well, in a list and by themselves.
    Case(
      "input: {size: 1}\nlayers:\n" + String(repeating: "- {ReLU: null, repeat: 1000}\n", count: 21), 22, 4,
      "more than 20000 modules"),
    Case(
      "blocks: {b: {layers: {x: {ReLU: null, repeat: 1000}}}}\ninput: {size: 1}\nlayers:\n- {b: null, repeat: 1000}", 1,
      27, "more than 20000 modules"),
    Case(
      "layers: [" + (0..<24).map { _ in "{Conv2d: [1048576, 1024]}" }.joined(separator: ", ") + "]", 1, 11,
      "kernel 1024"),
    Case(
      "input: {size: 8}\nlayers: [{Conv2d: [1048576, 8]}, {Conv2d: [1048576, 1]}]", 2, 35,
      "more than 4294967296 parameters"),
  ]

  @Test(arguments: cases)
  func errorsSayWhereAndWhat(_ case: Case) throws {
    let error = #expect(throws: ArchitectureError.self) {
      try ModelEntry(architecture: `case`.text, name: "net", path: "net.yaml")
    }
    let found = try #require(error)
    #expect(found.message.contains(`case`.message), "\(found)")
    #expect((found.line, found.column) == (`case`.line, `case`.column), "\(found)")
  }

  @Test func nestingIsBounded() throws {
    for depth in [80, 900, 200_000] {
      let text = "layers: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      let error = #expect(throws: ArchitectureError.self) {
        try ModelEntry(architecture: text, name: "net", path: "net.yaml")
      }
      #expect(error?.message.isEmpty == false)
    }
    let long = "layers: [] #" + String(repeating: "x", count: 300 << 10)
    #expect(throws: ArchitectureError.self) { try ModelEntry(architecture: long, name: "net", path: "net.yaml") }
  }

  @Test func filesAreRefusedWithTheirPath() throws {
    let folder = try TemporaryFolder()
    try Data([0x6E, 0xFF, 0xFE]).write(to: URL(filePath: folder.path("bad.yaml")))
    try Data(String(repeating: "# many\n", count: 50_000).utf8).write(to: URL(filePath: folder.path("large.yaml")))
    for (name, message) in [("bad.yaml", "not UTF-8"), ("large.yaml", "at most 256 KiB"), ("none.yaml", "none.yaml")] {
      do {
        _ = try ModelEntry.named(folder.path(name))
        Issue.record("\(name) was read")
      } catch {
        #expect("\(error)".contains(message) && "\(error)".contains(name), "\(error)")
      }
    }
  }

  @Test func argumentsOfTheCommandLineAreChecked() throws {
    let text =
      "input: {channels: 4, size: 8}\nclasses: 4\nlayers: [{Conv2d: [8, 3], groups: 4}, Flatten, {Linear: $classes}]"
    let entry = try ModelEntry(architecture: text, name: "net", path: "net.yaml")
    let error = #expect(throws: ZooError.self) { try entry.build(ModelArguments(inputChannels: 3)) }
    #expect(
      error?.description.hasPrefix("net: line 3, column 11: 0: 4 groups") ?? false, "\(String(describing: error))")
  }
}
