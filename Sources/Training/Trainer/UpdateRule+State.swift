import Engine
import Tensors

/// An optimizer's state as checkpoints hold it, and as the engine does.
///
/// Checkpoints have what PyTorch keeps for each parameter and the engine computes. Before the first step the engine has
/// zeros where PyTorch has what a slot begins with: that is added by the first step.
extension UpdateRule {
  /// The state for a checkpoint.
  /// - Parameter step: The steps that the optimizer has made.
  func completed(_ state: [String: [String: Tensor]], step: Int) -> [String: [String: Tensor]] {
    let scalars = scalars(afterStep: step).mapValues { Tensor(scalar: $0) }
    let beginnings = step == 0 ? beginnings : [:]
    guard !scalars.isEmpty || !beginnings.isEmpty else { return state }
    return state.mapValues { slots in
      let own = slots.map { name, tensor in
        (
          name,
          beginnings[name].map { Tensor([Float](repeating: $0, count: tensor.count), shape: tensor.shape) } ?? tensor
        )
      }
      return Dictionary(uniqueKeysWithValues: own).merging(scalars) { kept, _ in kept }
    }
  }

  /// What the engine loads of a checkpoint's state.
  /// - Parameter step: The steps that the optimizer has made.
  func tensors(of state: [String: [String: Tensor]], step: Int) -> [String: [String: Tensor]] {
    let computed = Set(scalars(afterStep: step).keys).union(step == 0 ? Set(beginnings.keys) : [])
    guard !computed.isEmpty else { return state }
    return state.mapValues { slots in slots.filter { !computed.contains($0.key) } }
  }

  /// What slots begin with, other than zeros.
  private var beginnings: [String: Float] {
    if case .adagrad(_, _, _, let initialSum) = self, initialSum != 0 { ["sum": Float(initialSum)] } else { [:] }
  }
}
