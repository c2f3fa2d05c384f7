import Engine

/// Where a training stands: with the settings and the tensors, all that resuming needs. Random numbers are functions of
/// the seed and this position.
public struct TrainingState: Sendable, Hashable, Codable {
  /// The best epoch so far.
  public struct Best: Sendable, Hashable, Codable {
    /// From 1.
    public let epoch: Int
    /// Of the validation, or of training where there is no validation.
    public let metrics: EpochMetrics
  }

  /// Epochs that are done with their validation.
  public internal(set) var epochsDone = 0
  /// Batches of the current epoch that are done.
  public internal(set) var batchesDone = 0
  /// Steps since the training began.
  public internal(set) var step = 0
  /// How many more steps the optimizer has made, of a training begun elsewhere: Adam's bias correction counts them.
  var optimizerStepOffset: Int?
  /// What early stopping remembers; `nil` before the first epoch that it watched.
  public internal(set) var earlyStopping: EarlyStoppingState?
  /// Updates of the average of weights; `nil` before the first.
  public internal(set) var averageUpdates: Int?
  /// The current epoch's loss and top-1 so far.
  public internal(set) var running = RunningMetrics()
  /// The last whole epoch of training.
  public internal(set) var training: EpochMetrics?
  /// Its validation.
  public internal(set) var validation: EpochMetrics?
  /// The best epoch so far; `nil` before the end of the first.
  public internal(set) var best: Best?
  /// The best few epochs, the best first, when such are kept.
  public internal(set) var bestFew: [Best]?
  /// What a plateau has come to; `nil` with other schedules, and in warm-up.
  public internal(set) var plateau: PlateauState?
  /// Images of the current epoch that could not be decoded.
  public internal(set) var skipped = 0
  /// What has computed the last steps: ``ExecutionOptions/platform``.
  var platform: String? = ExecutionOptions.platform
  /// The length of the log when this was saved: what comes after it is not part of what a resumed training goes on from.
  var logSize: Int?
  /// Seconds of training, validation and saving so far, over all sessions.
  public internal(set) var seconds: Double = 0

  /// Steps that the optimizer has made.
  var optimizerStep: Int { step + (optimizerStepOffset ?? 0) }

  /// The start.
  public init() {}
}
