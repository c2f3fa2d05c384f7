import Datasets

extension TrainingSettings {
  /// Checks every setting that can be checked without the model and the data.
  /// - Throws: ``TrainingError`` that lists all that is wrong.
  public func validate() throws(TrainingError) {
    let problems = self.problems
    guard !problems.isEmpty else { return }
    throw TrainingError(
      .settings,
      problems.count == 1
        ? problems[0]
        : "\(problems.count) settings cannot be used:\n" + problems.map { "  - \($0)" }.joined(separator: "\n"))
  }

  /// What is wrong, one sentence each.
  private var problems: [String] {
    var problems: [String] = []
    func require(_ holds: Bool, _ problem: @autoclosure () -> String) {
      if !holds { problems.append(problem()) }
    }
    require((1...100_000).contains(epochs), "the number of epochs is \(epochs); it must be in 1...100000")
    require((1...65_536).contains(batchSize), "the batch size is \(batchSize); it must be in 1...65536")
    problems += optimizer.problems
    problems += variation.problems
    problems += checkpoints.problems
    problems += loss.problems
    problems += gradients.problems
    problems += average.problems
    problems += earlyStopping.problems
    if let overfitBatches {
      require(
        (1...Self.mostBatches).contains(overfitBatches),
        "\(overfitBatches) batches are to be learned by heart; it must be in 1...\(Self.mostBatches)")
    }
    require(
      !freezing.fixesStatistics || !freezing.parameters.isEmpty,
      "no parameter is frozen, so no normalisation can keep its statistics; give patterns of frozen parameters with it")
    for (name, alpha) in [("mixup", mixing.mixupAlpha), ("CutMix", mixing.cutmixAlpha)] {
      require(
        alpha == 0 || (alpha >= 0.001 && alpha <= 1000),
        "images are mixed by \(name) with an alpha of \(alpha); it must be in 0.001...1000, or 0 for none")
    }
    require(
      mixing.isNone || loss.ignoredLabel == nil,
      "mixed images have no label that could be ignored; leave out the ignored label or the mixing")
    require(
      overfitBatches == nil || reading.sampler == .shuffle,
      "a few batches are learned by heart in the same order each time; leave out the \(reading.sampler.rawValue) sampler"
    )
    require(
      variation.paddingMode == .constant || augmentation == .pad || augmentation == nil,
      "nothing is padded, so the padding mode does nothing; leave it out or augment by 'pad'")
    problems += schedule.problems(epochs: epochs, learningRate: optimizer.learningRate)
    if schedule.cyclesMomentum, let problem = optimizer.problemOfCycling { problems.append(problem) }
    require(
      labelSmoothing >= 0 && labelSmoothing < 1,
      "the label smoothing is \(labelSmoothing); it must be at least 0 and below 1")
    require(
      validationShare >= 0 && validationShare < 1,
      "the share of images for validation is \(validationShare); it must be at least 0 and below 1")
    if let classes {
      require((1...1_000_000).contains(classes), "the number of classes is \(classes); it must be in 1...1000000")
    }
    if let inputSize {
      require((1...4096).contains(inputSize), "the input size is \(inputSize) pixels; it must be in 1...4096")
    }
    if let dropout {
      require(dropout >= 0 && dropout < 1, "the dropout is \(dropout); it must be at least 0 and below 1")
    }
    // What keeps settings has whole numbers of 64 bits with a sign.
    require(seed <= UInt64(Int.max), "the seed is \(seed); it must be in 0...\(Int.max)")
    require((0...256).contains(workers), "the number of workers is \(workers); it must be in 0...256")
    require((1...1024).contains(threads), "the number of threads is \(threads); it must be in 1...1024")
    if let limitBatches {
      require(
        (1...Self.mostBatches).contains(limitBatches),
        "an epoch is limited to \(limitBatches) batches; it must be in 1...\(Self.mostBatches)")
    }
    if let limitValidationBatches {
      require(
        (1...Self.mostBatches).contains(limitValidationBatches),
        "a validation is limited to \(limitValidationBatches) batches; it must be in 1...\(Self.mostBatches)")
    }
    require(
      saveMinutes >= 0 && saveMinutes.isFinite,
      "a checkpoint every \(saveMinutes) minutes is asked for; it must be at least 0, and 0 means at the end of epochs")
    return problems
  }

  /// More would not fit a number of images.
  private static let mostBatches = 1_000_000_000
}
