/// Updates by gradients of more than one batch, or by clipped ones.
extension Network {
  /// Updates the parameters by the gradients that ``TrainingProgram/accumulate(images:targets:loss:step:)`` has kept, and
  /// keeps none any longer.
  /// - Parameters:
  ///   - updates: What the optimizer does with each group.
  ///   - divisor: What the sums of gradients are divided by first: the sum of all ``StepResult/weight``, above 0, for the
  ///     mean over all images.
  ///   - clipping: What is done to the quotients.
  /// - Throws: ``EngineError`` when nothing has been kept.
  public func update(
    _ updates: Updates, dividingBy divisor: Double, clipping: GradientClipping? = nil
  ) throws(EngineError) -> UpdateResult {
    precondition(divisor > 0, "gradients are divided by \(divisor)")
    guard store.keptBatches > 0 else {
      throw EngineError(
        .state, "no gradients have been kept to update parameters by; accumulate those of a batch first")
    }
    store.keptBatches = 0
    return try store.update(updates, dividingBy: divisor, clipping: clipping, threads: options.threads)
  }

  /// Forgets gradients that were kept.
  public func discardGradients() { store.keptBatches = 0 }
}
