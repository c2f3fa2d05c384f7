extension DataReport {
  /// So many images are decoded between two reports of progress.
  private static let pieceLength = 256

  /// Decodes every image on all cores.
  /// - Parameters:
  ///   - training: The training images, or all there are.
  ///   - validation: Those for validation, if there are any.
  ///   - onProgress: Told how many images are done, and of how many.
  public init(
    training: any Dataset, validation: (any Dataset)? = nil,
    onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    let total = training.count + (validation?.count ?? 0)
    let (part, hashes) = Self.survey(training) { onProgress($0, total) }
    self.training = part
    guard let validation else { return }
    let (other, otherHashes) = Self.survey(validation) { onProgress(training.count + $0, total) }
    self.validation = other
    var places: [ContentHash: Int] = [:]
    for (index, hash) in hashes.enumerated() { if let hash, places[hash] == nil { places[hash] = index } }
    for (index, hash) in otherHashes.enumerated() {
      guard let hash, let place = places[hash] else { continue }
      leaks.append((Sample(index, of: validation), Sample(place, of: training)))
    }
  }

  /// Looks at every image of a part.
  /// - Returns: What is found, and the hash of each image that can be decoded.
  private static func survey(_ dataset: any Dataset, onProgress: (Int) -> Void) -> (Part, [ContentHash?]) {
    var part = Part(dataset)
    var hashes: [ContentHash?] = []
    hashes.reserveCapacity(dataset.count)
    var start = 0
    while start < dataset.count {
      let first = start
      let count = min(pieceLength, dataset.count - start)
      let found = try? concurrently(count) { (place) throws(DatasetsError) in
        Result { () throws(DatasetsError) in try ImageFacts(first + place, of: dataset) }
      }
      for (place, result) in (found ?? []).enumerated() {
        switch result {
        case .success(let facts):
          part.add(facts, Sample(start + place, of: dataset))
          hashes.append(facts.content)
        case .failure(let error):
          part.corrupt.append(error)
          hashes.append(nil)
        }
      }
      start += count
      onProgress(start)
    }
    var groups: [ContentHash: [Int]] = [:]
    for (index, hash) in hashes.enumerated() { if let hash { groups[hash, default: []].append(index) } }
    part.duplicates = groups.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
      .map { group in group.map { Sample($0, of: dataset) } }
    return (part, hashes)
  }
}

extension DataReport.Part {
  fileprivate mutating func add(_ facts: ImageFacts, _ sample: DataReport.Sample) {
    formats[facts.format, default: 0] += 1
    if facts.hasInks { inks.append(sample) }
    if facts.isDeep { deep.append(sample) }
    if facts.isTurned { turned.append(sample) }
    func pixels(_ size: ImageSize) -> Int { size.height * size.width }
    guard let known = sizes else {
      sizes = (facts.size, facts.size)
      return
    }
    sizes = (
      pixels(facts.size) < pixels(known.smallest) ? facts.size : known.smallest,
      pixels(facts.size) > pixels(known.largest) ? facts.size : known.largest
    )
  }
}

extension DataReport.Sample {
  fileprivate init(_ index: Int, of dataset: any Dataset) {
    self.init(name: dataset.describe(index), label: dataset.label(of: index))
  }
}
