import Tensors

/// Draws samples with replacement, each with the weight of its class: PyTorch's `WeightedRandomSampler` with one weight for
/// each class and as many draws as there are samples.
struct WeightedDraw: Sendable {
  /// Classes that can be drawn, with the sum of all weights up to and with each.
  fileprivate let classes: [(label: Int, upTo: Double)]
  private let members: [[Int]]
  private let count: Int

  /// - Throws: ``DatasetsError`` when weights are missing, negative or not finite, or leave nothing to draw.
  init(_ dataset: any Dataset, classWeights: [Double]) throws(DatasetsError) {
    guard classWeights.count == dataset.classNames.count else {
      throw DatasetsError(
        .argument, "\(classWeights.count) weights for \(dataset.classNames.count) classes; each class needs one")
    }
    if let wrong = classWeights.first(where: { !$0.isFinite || $0 < 0 }) {
      throw DatasetsError(.argument, "a class weight is \(wrong); weights are finite and at least 0")
    }
    var members = [[Int]](repeating: [], count: classWeights.count)
    for index in 0..<dataset.count {
      let label = Int(dataset.label(of: index))
      if members.indices.contains(label) { members[label].append(index) }
    }
    var classes: [(label: Int, upTo: Double)] = []
    var sum = 0.0
    for (label, weight) in classWeights.enumerated() where weight > 0 && !members[label].isEmpty {
      sum += weight * Double(members[label].count)
      classes.append((label, sum))
    }
    guard sum > 0, sum.isFinite else {
      throw DatasetsError(.argument, "the class weights leave no sample that could be drawn")
    }
    self.classes = classes
    self.members = members
    count = dataset.count
  }

  /// The samples of an epoch.
  func samples(by random: inout RandomSource) -> [Int] {
    guard let last = classes.last else { return [] }
    return (0..<count).map { _ in
      let point = random.uniform(0, last.upTo)
      let label = classes[place(of: point)].label
      return members[label][random.integer(below: members[label].count)]
    }
  }
}

extension WeightedDraw {
  /// The first class whose sum is beyond a point, by halving.
  private func place(of point: Double) -> Int {
    var (low, high) = (0, classes.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if point < classes[middle].upTo { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Dataset {
  /// The weight for each class with which all classes are drawn equally often: 1 divided by its samples, and 0 for a class
  /// without any.
  public var balancedClassWeights: [Double] { classCounts.map { $0 > 0 ? 1 / Double($0) : 0 } }
}
