import Datasets
import Training

extension TrainingSettings {
  /// What the options of a training mean, beyond how long it takes and what is kept of it.
  init(
    model: String, data: DataOptions, augmentation: AugmentationOptions, batch: BatchOptions, loss: LossOptions,
    optimizer: OptimizerSettings, network: NetworkOptions, machine: MachineOptions
  ) throws {
    self.init(
      model: model, data: data.data, validation: data.validation, validationShare: data.validationShare,
      batchSize: batch.batchSize.count, optimizer: optimizer, labelSmoothing: loss.labelSmoothing,
      classes: network.classes, inputSize: network.inputSize, dropout: network.dropout,
      initWeights: network.initWeights, augmentation: data.augment, seed: network.seed, workers: machine.readers,
      threads: machine.computeThreads, device: machine.device, allowsWinograd: machine.winograd,
      limitBatches: data.limitBatches, limitValidationBatches: data.limitValBatches,
      skipsCorruptImages: data.skipCorrupt)
    reading = try data.reading.settings()
    reading.sampler = data.sampler
    data.decoding.apply(to: &reading)
    overfitBatches = data.overfitBatches
    variation = augmentation.settings
    mixing = augmentation.mixing
    self.loss = try loss.settings()
    gradients = loss.gradients
    average = loss.average
    freezing = network.freezing
    precision = machine.precision
    searchesAlgorithms = machine.benchmark
    isDeterministic = machine.deterministic
  }
}
