public import Tensors

/// Exponential moving averages of weights (Polyak & Juditsky 1992), which often generalise better than the last weights.
extension Network {
  /// Moves the average of every parameter and running statistic: a += (1 − decay)·(p − a). The first update copies.
  public func updateAverage(_ rule: AverageRule) throws(EngineError) {
    guard (0...1).contains(rule.decay) else {
      throw EngineError(.option, "the decay of the average is \(rule.decay); it must be in 0...1")
    }
    try store.updateAverage(rule, threads: options.threads)
  }

  /// A copy of the averages under the names of the state dict, counters as they are in the network; empty before the first
  /// update.
  public func averagedState() throws(EngineError) -> StateDict { try store.average(lending: false) }

  /// Sets the averages, so that the next update goes on from them.
  /// - Throws: ``EngineError`` with all tensors that do not fit; nothing is changed then.
  public func loadAverage(_ state: StateDict) throws(EngineError) {
    try check(state, "the averages are not this network's")
    try store.loadAverage(state)
  }

  /// Runs `body` while the network has its averages for parameters, and puts these back.
  public func withAverage<R>(_ body: () throws -> R) throws -> R {
    try store.swapAverage()
    let result = Result(catching: body)
    try store.swapAverage()
    return try result.get()
  }
}
