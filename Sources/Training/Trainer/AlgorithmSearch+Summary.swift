import Engine

extension AlgorithmSearch {
  /// What was found, in a line.
  var summary: String {
    let winograd = algorithms.values.count { $0 == .winograd }
    let saved = ((1 - milliseconds / usualMilliseconds) * 1000).rounded() / 10
    let choice = "\(winograd) of \(algorithms.count) convolutions are computed by Winograd's algorithm"
    guard milliseconds < usualMilliseconds else { return choice + ", as without a search: nothing is faster here" }
    return choice + "; a step takes \(saved) % less than without a search"
  }
}
