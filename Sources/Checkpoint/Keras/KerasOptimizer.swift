import OrderedCollections
import Tensors

/// Reads Adam's state of a Keras file, by the parameters that it belongs to. Keras' moments are PyTorch's; other optimizers'
/// state means something else there, and stays what it is.
struct KerasOptimizer {
  /// Where a parameter's slots are, among the file's tensors.
  private var slots: OrderedDictionary<String, (momentum: Int, velocity: Int)> = [:]
  private var iteration: Int
  private var learningRate: Int

  /// - Parameters:
  ///   - items: The tensors with their names.
  ///   - tensors: The tensors of the file, as items have their indices.
  ///   - isInOrder: Whether the parameters are known to be in the order of the model.
  /// - Returns: `nil` when there is no Adam, or its variables do not fit the parameters.
  init?(_ items: [KerasOrder.Item], _ tensors: [StoredTensor], isInOrder: Bool, kind: String?) {
    let parameters = items.filter(\.isParameter).filter { item in
      !item.name.hasSuffix("moving_mean") && !item.name.hasSuffix("moving_variance")
    }
    let own = items.enumerated().filter { !$0.element.isParameter }
    func place(_ ending: String) -> Int? { own.first { $0.element.name.hasSuffix(ending) }?.offset }
    if let iteration = place(".adam.iteration"), let rate = place(".adam.learning_rate") {
      (self.iteration, learningRate) = (iteration, rate)
      // `first/kernel` in a model `net` has `adam/net_first_kernel_momentum`.
      let names = Dictionary(own.map { ($0.element.name, $0.offset) }) { first, _ in first }
      for parameter in parameters {
        let path = tensors[parameter.index].path.drop { $0 == KerasFile.modelWeights }.dropFirst()
        let stem = "optimizer_weights.adam." + path.joined(separator: "_")
        if let first = names[stem + "_momentum"], let second = names[stem + "_velocity"] {
          slots[parameter.name] = (first, second)
        }
      }
    } else {
      let numbered = own.filter { tensors[$0.element.index].path.prefix(2) == ["optimizer", KerasFile.variables] }
      guard isInOrder, kind == "adam", numbered.count == 2 + 2 * parameters.count else { return nil }
      (iteration, learningRate) = (numbered[0].offset, numbered[1].offset)
      for (number, parameter) in parameters.enumerated() {
        slots[parameter.name] = (numbered[2 + 2 * number].offset, numbered[3 + 2 * number].offset)
      }
    }
    let fits = parameters.allSatisfy { parameter in
      guard let place = slots[parameter.name] else { return false }
      let shapes = [place.momentum, place.velocity].map { tensors[items[$0].index].shape }
      return shapes.allSatisfy { $0 == tensors[parameter.index].shape }
    }
    guard fits, tensors[items[iteration].index].shape.count == 1, tensors[items[learningRate].index].shape.count == 1
    else {
      return nil
    }
  }

  /// The items that are the optimizer's.
  var items: Set<Int> { Set(slots.values.flatMap { [$0.momentum, $0.velocity] } + [iteration, learningRate]) }

  /// Adds the optimizer to a snapshot.
  /// - Parameter configuration: What Keras says of it.
  func add(
    to snapshot: inout LazySnapshot, _ configuration: JSONValue?, _ source: (Int) -> TensorSource
  ) throws {
    let rate = Self.number(try source(learningRate).tensor())
    let step = Self.number(try source(iteration).tensor())
    snapshot.metadata.optimizer = OptimizerSnapshot(
      kind: "adam", step: Int(exactly: step).map { max(0, $0) } ?? 0,
      groups: [
        .init(
          hyperparameters: [
            "lr": .number(rate),
            "betas": .array([
              .number(configuration?["beta_1"]?.double ?? 0.9), .number(configuration?["beta_2"]?.double ?? 0.999),
            ]),
            "eps": .number(configuration?["epsilon"]?.double ?? 1e-7),
          ], parameters: Array(slots.keys))
      ], state: [:])
    for (name, place) in slots {
      snapshot.optimizerState[name] = ["exp_avg": source(place.momentum), "exp_avg_sq": source(place.velocity)]
    }
  }

  private static func number(_ tensor: Tensor) -> Double { TensorStatistics(of: tensor).minimum ?? 0 }
}
