extension Figure {
  /// What a plot of runs shows.
  public enum Subject: String, Sendable, CaseIterable {
    /// Mean losses of training and validation.
    case loss
    /// Shares of images that were recognised.
    case accuracy
    /// The learning rate.
    case rate = "lr"
    /// The confusion matrix of the best epoch.
    case confusion
  }

  /// The curves of one run, or of several in comparison.
  /// - Parameters:
  ///   - subjects: What to show; everything that there is when empty.
  public init(_ runs: [RunHistory], showing subjects: [Subject] = []) {
    var panels: [Panel] = []
    for subject in subjects.isEmpty ? Subject.allCases : subjects {
      if subject == .confusion {
        panels += runs.compactMap { ConfusionChart($0).map(Panel.confusion) }
      } else {
        let chart = Chart(runs, showing: subject)
        if !chart.isEmpty || !subjects.isEmpty { panels.append(.chart(chart)) }
      }
    }
    if panels.isEmpty { panels = [.chart(Chart(runs, showing: .loss))] }
    let names = runs.map { run in run.name + (run.model.map { " (\($0))" } ?? "") }
    self.init(names.count == 1 ? names[0] : runs.map(\.name).joined(separator: ", "), panels)
  }
}

extension Chart {
  /// A subject of one run, or of several in comparison: validation where there is one.
  public init(_ runs: [RunHistory], showing subject: Figure.Subject) {
    switch subject {
    case .loss, .confusion:
      self.init("loss", xTitle: "epoch", Self.series(runs, training: "loss", validation: "val_loss"))
    case .accuracy:
      self.init("top-1 accuracy", xTitle: "epoch", Self.series(runs, training: "top1", validation: "val_top1"))
      isShare = true
    case .rate:
      let series = runs.enumerated().map { index, run in
        let ofSteps = run.steps.map { Point($0.epoch, $0.rate) }
        return Series(run.name, ofSteps.count > 1 ? ofSteps : run.points("lr"), color: index)
      }
      self.init("learning rate", xTitle: "epoch", series)
    }
  }

  /// Of one run training and validation, with the losses of single batches behind; of several the one curve that tells.
  private static func series(_ runs: [RunHistory], training: String, validation: String) -> [Series] {
    guard runs.count == 1, let run = runs.first else {
      return runs.enumerated().map { index, run in
        let validated = run.points(validation)
        return Series(run.name, validated.isEmpty ? run.points(training) : validated, color: index)
      }
    }
    var series = [
      Series("training", run.points(training), color: 0), Series("validation", run.points(validation), color: 1),
    ]
    if training == "loss" {
      series.insert(Series("batches", run.steps.map { Point($0.epoch, $0.batchLoss) }, color: 0, isFaint: true), at: 0)
    }
    return series
  }
}

extension ConfusionChart {
  /// The matrix of a run's best epoch; `nil` when its log has none.
  init?(_ run: RunHistory) {
    guard let epoch = run.epochs.last(where: { $0.confusion != nil }), let confusion = epoch.confusion else {
      return nil
    }
    self.init(
      confusion, classNames: run.classNames,
      title: "\(run.name.shortened(to: 32)), epoch \(epoch.epoch): labels and predictions")
  }
}
