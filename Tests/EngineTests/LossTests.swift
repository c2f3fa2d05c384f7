import Engine
import Foundation
import Layers
import Tensors
import Testing

/// Every combination of what PyTorch's cross entropy takes, against PyTorch: `Goldens/losses.py`.
@Suite struct LossTests {
  struct Recorded: Sendable, Decodable {
    let classes: Int
    let logits: [Float]
    let weights: [Float]
    let probabilities: [Float]
    let cases: [Case]

    /// A loss of the logits.
    struct Case: Sendable, Decodable, CustomTestStringConvertible {
      let weighted: Bool
      let labelSmoothing: Double
      let reduction: CrossEntropy.Reduction
      /// The class of each row; absent when targets are ``Recorded/probabilities``.
      let labels: [Int32]?
      let ignored: Int32?
      let loss: Double
      /// The derivative for the logits.
      let gradient: [Double]

      var testDescription: String {
        "\(labels == nil ? "probabilities" : "labels"), \(reduction.rawValue)\(weighted ? ", weighted" : ""), "
          + "smoothing \(labelSmoothing), ignored \(ignored.map { "\($0)" } ?? "none")"
      }
    }

    static func load() throws -> Recorded {
      let folder = try #require(Bundle.module.resourceURL, "the test bundle has no resources")
      return try JSONDecoder().decode(
        Recorded.self, from: Data(contentsOf: folder.appending(path: "Goldens/losses.json")))
    }
  }

  /// A net that gives its images as logits, and whose weights' gradient is (∂loss/∂logits)ᵀ·logits.
  private static func identity(_ classes: Int) throws -> Network {
    let graph = Graph(inputChannels: 1, Sequential([Flatten(), Linear(classes, classes)]))
    let network = try Network(graph, options: ExecutionOptions(threads: 2))
    var state = StateDict()
    state["1.weight"] = Tensor(
      (0..<classes * classes).map { $0 % (classes + 1) == 0 ? Float(1) : 0 }, shape: [classes, classes])
    state["1.bias"] = Tensor(zeros: [classes])
    try network.load(state)
    return network
  }

  @Test(arguments: try Recorded.load().cases)
  func equalsPyTorch(item: Recorded.Case) throws {
    let recorded = try Recorded.load()
    let (classes, rows) = (recorded.classes, recorded.logits.count / recorded.classes)
    let network = try Self.identity(classes)
    let program = try network.trainingProgram(batchSize: rows, inputSize: Pair(1, classes))
    let loss = CrossEntropy(
      labelSmoothing: item.labelSmoothing, classWeights: item.weighted ? recorded.weights : [],
      ignoredLabel: item.ignored, reduction: item.reduction)
    let targets: Targets =
      item.labels.map { .classes($0) } ?? .probabilities(Tensor(recorded.probabilities, shape: [rows, classes]))
    let (result, gradients) = try program.gradients(
      images: Tensor(recorded.logits, shape: [rows, 1, 1, classes]), targets: targets, loss: loss, step: 0)
    #expect(abs(result.loss - item.loss) <= 1e-6 * abs(item.loss))

    let measured = try #require(gradients["1.weight"]).elements(as: Float.self)
    for output in 0..<classes {
      for input in 0..<classes {
        let terms = (0..<rows).map {
          item.gradient[$0 * classes + output] * Double(recorded.logits[$0 * classes + input])
        }
        let scale = terms.reduce(0) { $0 + abs($1) } + 1e-6
        #expect(abs(Double(measured[output * classes + input]) - terms.reduce(0, +)) <= 2e-6 * scale)
      }
    }
  }

  @Test func whatIsIgnoredIsNotCounted() throws {
    let network = try Self.identity(3)
    let program = try network.trainingProgram(batchSize: 3, inputSize: Pair(1, 3))
    let images = Tensor([5, 0, 0, 0, 5, 0, 0, 0, 5] as [Float], shape: [3, 1, 1, 3])
    let update = Updates(Update(rule: .sgd(), learningRate: 0.1, step: 1))
    var loss = CrossEntropy(classWeights: [1, 2, 4], ignoredLabel: 1)
    let result = try program.step(
      images: images, targets: .classes([0, 1, 2]), loss: loss, updates: update, step: 0)
    #expect(result.counted == 2 && result.correct == 2 && result.weight == 5)

    // Nothing to learn from: PyTorch's mean of nothing is not a number, and it must not reach the parameters.
    let before = try network.state()
    let empty = try program.step(images: images, targets: .classes([1, 1, 1]), loss: loss, updates: update, step: 0)
    #expect(empty.loss.isNaN && empty.counted == 0)
    loss.reduction = .sum
    let none = try program.step(images: images, targets: .classes([1, 1, 1]), loss: loss, updates: update, step: 0)
    #expect(none.loss == 0 && none.weight == 0)
    for (name, tensor) in try network.state() { #expect(tensor.isIdentical(to: try #require(before[name]))) }
  }

  /// Of mixed targets the larger share decides, and the first of equal ones.
  @Test func correctIsTheLargestShare() throws {
    let program = try Self.identity(3).trainingProgram(batchSize: 3, inputSize: Pair(1, 3))
    let images = Tensor([5, 0, 0, 0, 5, 0, 0, 0, 5] as [Float], shape: [3, 1, 1, 3])
    let shares = Tensor([0.6, 0.4, 0, 0.5, 0.5, 0, 0, 0.3, 0.7] as [Float], shape: [3, 3])
    let result = try program.gradients(
      images: images, targets: .probabilities(shares), loss: CrossEntropy(), step: 0
    ).result
    #expect(result.correct == 2 && result.counted == 3 && result.weight == 3)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let program = try Self.identity(3).trainingProgram(batchSize: 1, inputSize: Pair(1, 3))
    let images = Tensor([1, 2, 3] as [Float], shape: [1, 1, 1, 3])
    func message(_ targets: Targets, _ loss: CrossEntropy = CrossEntropy()) -> String? {
      do throws(EngineError) {
        _ = try program.gradients(images: images, targets: targets, loss: loss, step: 0)
        return nil
      } catch {
        return error.message
      }
    }
    let shares = Tensor([1, 0, 0] as [Float], shape: [1, 3])
    #expect(message(.classes([3]))?.contains("label 3 of image 0 is no class") == true)
    #expect(message(.classes([3]), CrossEntropy(ignoredLabel: 3, reduction: .sum)) == nil)
    #expect(message(.classes([0]), CrossEntropy(classWeights: [1, 2]))?.contains("2 class weights") == true)
    #expect(message(.classes([0]), CrossEntropy(classWeights: [1, -1, .nan]))?.contains("at least 0") == true)
    #expect(message(.probabilities(Tensor(zeros: [3])))?.contains("float32 [3]") == true)
    #expect(message(.probabilities(shares), CrossEntropy(ignoredLabel: 0))?.contains("no label to ignore") == true)
  }
}
