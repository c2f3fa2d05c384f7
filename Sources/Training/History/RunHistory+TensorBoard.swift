extension RunHistory {
  /// The run as a TensorBoard event file, with steps on the horizontal axis.
  ///
  /// Tags are `batch/loss`, `batch/learning_rate` and `batch/images_per_second` of logged steps, and `train/loss`,
  /// `train/top1`, `validation/loss`, `validation/top1`, `validation/top5` of epochs. The same log always makes the same
  /// bytes.
  /// - Throws: What the serializer does, which these messages give no reason for.
  public func tensorBoardEvents() throws -> [UInt8] {
    let names = [
      "loss": "train/loss", "top1": "train/top1", "val_loss": "validation/loss", "val_top1": "validation/top1",
      "val_top5": "validation/top5", "lr": "epoch/learning_rate", "seconds": "epoch/seconds",
    ]
    var file = try TensorBoardFile(time: min(steps.first?.time ?? .infinity, epochs.first?.time ?? .infinity, 4e9))
    var next = epochs[...]
    func add(_ epoch: Epoch) throws {
      let values = epoch.values.sorted { $0.key < $1.key }.map { (names[$0.key] ?? "epoch/\($0.key)", $0.value) }
      try file.add(values, step: epoch.step, time: epoch.time)
    }
    for step in steps {
      while let epoch = next.first, epoch.step < step.step {
        try add(epoch)
        next.removeFirst()
      }
      let values = [
        ("batch/loss", step.batchLoss), ("batch/learning_rate", step.rate), ("batch/images_per_second", step.speed),
      ]
      try file.add(values.filter { $0.1.isFinite }.map { (tag: $0.0, value: $0.1) }, step: step.step, time: step.time)
    }
    for epoch in next { try add(epoch) }
    return file.bytes
  }

  /// What the event file is called: TensorBoard asks for `tfevents` in the name.
  public static let tensorBoardName = "events.out.tfevents.zoo"
}
