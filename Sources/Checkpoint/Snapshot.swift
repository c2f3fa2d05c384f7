public import OrderedCollections
public import Tensors

/// All that a file of zoo holds: a net, and what is needed to go on training it exactly where it stopped.
///
/// A bare weights file is a snapshot of which only ``net`` is set. Values that are `nil`, `.null` or empty are not
/// written.
public struct Snapshot: Sendable {
  /// The parameters and buffers by state-dict name, in module order.
  public var net: StateDict
  /// The running averages of the net's tensors, under the same names; empty when none are kept.
  public var average: StateDict = [:]
  /// The architecture's name in the registry: `alexnet`.
  public var architecture: String?
  /// What the architecture was built with: `{"num_classes": 10}`.
  public var arguments: JSONValue = .null
  /// The version of each module's part of the net, by module path, as PyTorch notes it beside a state dict
  /// (`state_dict._metadata`): some modules read old versions differently, and a few refuse a file that says none.
  public var moduleVersions: OrderedDictionary<String, Int> = [:]
  /// The optimizer with its state.
  public var optimizer: OptimizerSnapshot?
  /// The learning-rate schedule: an object of numbers, texts, truth values, nulls, and arrays of one of these.
  public var schedule: JSONValue = .null
  /// How far the training has come.
  public var position: TrainingPosition?
  /// What the training was told: the run's `settings.json`, so that a checkpoint alone is enough to go on.
  public var settings: JSONValue = .null
  /// The seed of all randomness.
  public var seed: UInt64?
  /// The name of each class, in the order of the net's outputs.
  public var classNames: [String] = []
  /// How an image becomes the net's input.
  public var preprocessing: JSONValue = .null
  /// What was measured at this point: `{"val_top1": 0.83}`.
  public var metrics: JSONValue = .null
  /// When it was made, as ISO 8601 in UTC: `2025-01-31T12:00:00Z`. ``write(to:)`` fills in the present time when `nil`.
  public var created: String?
  /// What the file was made from: an array of conversions, the latest last.
  public var provenance: JSONValue = .null

  /// A snapshot of a net alone.
  public init(net: StateDict) { self.net = net }
}

/// How far a training has come.
public struct TrainingPosition: Sendable, Hashable {
  /// Epochs that are finished.
  public var epoch: Int
  /// Optimizer steps made since the beginning, over all epochs.
  public var step: Int
  /// Batches done of the epoch that is under way; 0 between epochs.
  public var batchesDone: Int

  /// A position.
  public init(epoch: Int, step: Int, batchesDone: Int = 0) {
    self.epoch = epoch
    self.step = step
    self.batchesDone = batchesDone
  }
}

/// An optimizer and its state, by parameter name.
public struct OptimizerSnapshot: Sendable {
  /// The rule: `sgd`, `adam`.
  public var kind: String
  /// Steps made, for bias correction.
  public var step: Int
  /// Which parameters are updated with which hyper-parameters.
  public var groups: [ParameterGroup]
  /// Parameter name → slot name → tensor: `state["features.0.weight"]?["momentum_buffer"]`. Slots have PyTorch's names.
  public var state: [String: [String: Tensor]]

  /// Parameters that share hyper-parameters.
  public struct ParameterGroup: Sendable, Hashable {
    /// `{"lr": 0.1, "momentum": 0.9}`, an object of what ``Snapshot/schedule`` may hold. The key `parameters` is taken.
    public var hyperparameters: JSONValue
    /// The names of the parameters.
    public var parameters: [String]

    /// A group.
    public init(hyperparameters: JSONValue, parameters: [String]) {
      self.hyperparameters = hyperparameters
      self.parameters = parameters
    }
  }

  /// An optimizer.
  public init(kind: String, step: Int, groups: [ParameterGroup], state: [String: [String: Tensor]]) {
    self.kind = kind
    self.step = step
    self.groups = groups
    self.state = state
  }
}
