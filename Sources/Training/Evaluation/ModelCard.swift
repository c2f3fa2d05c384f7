public import Checkpoint
public import Datasets
import Engine
import Layers
import Zoo

/// What a model card tells: how a checkpoint came about, and how good it is.
public struct ModelCard: Sendable {
  /// What the checkpoint is called: `resnet20@fashion-mnist`.
  public let name: String
  /// What was trained.
  public let settings: TrainingSettings
  /// The numbers of its epochs.
  public let history: RunHistory
  /// What was measured for the card.
  public let report: EvaluationReport
  /// The data that it was measured on.
  public let data: String
  /// The trainable parameters.
  public let parameterCount: Int
  /// Which weights of the checkpoint.
  public let weights: TrainedModel.Weights
  /// The file.
  public let path: String
  /// The bytes of the file.
  public let byteCount: Int
  /// The SHA-256 of the file, in 64 hexadecimal digits.
  public let sha256: String
  /// What an image goes through before the network.
  public let preprocessing: Preprocessing
  /// [C, H, W] of the network's images; the height and width of the training's.
  public let input: [Int]

  /// A card for a checkpoint of a run.
  /// - Parameters:
  ///   - name: What the checkpoint is called.
  ///   - run: Whose settings and log it is told from.
  ///   - model: The checkpoint, as it was measured.
  ///   - path: Its file.
  ///   - report: What was measured.
  ///   - data: On what.
  public init(
    _ name: String, of run: Run, _ model: TrainedModel, weights: TrainedModel.Weights, path: String,
    report: EvaluationReport, data: String
  ) throws {
    self.name = name
    settings = try run.settings().decoded(of: "settings", in: run.settingsPath)
    history = try RunHistory(run)
    (self.report, self.data, self.weights, self.path) = (report, data, weights, path)
    parameterCount = model.network.graph.parameterCount
    preprocessing = model.preprocessing
    let size = settings.inputSize ?? model.entry.inputSize(with: model.arguments)
    input = [model.network.graph.inputChannels, size, size]
    byteCount = try CheckpointFile(opening: path).contents.byteCount
    sha256 = try FileDigest.sha256(of: path)
  }
}
