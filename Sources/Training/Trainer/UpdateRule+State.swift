import Engine
import Tensors

extension UpdateRule {
  /// An optimizer's state as checkpoints hold it: with what PyTorch keeps for each parameter and zoo computes.
  func completed(_ state: [String: [String: Tensor]], step: Int) -> [String: [String: Tensor]] {
    let scalars = scalars(afterStep: step).mapValues { Tensor(scalar: $0) }
    guard !scalars.isEmpty else { return state }
    return state.mapValues { $0.merging(scalars) { kept, _ in kept } }
  }

  /// What the engine loads of a checkpoint's state: all but that.
  func tensors(of state: [String: [String: Tensor]]) -> [String: [String: Tensor]] {
    let scalars = scalars(afterStep: 0)
    guard !scalars.isEmpty else { return state }
    return state.mapValues { slots in slots.filter { scalars[$0.key] == nil } }
  }
}
