public import Tensors

/// Softmax cross entropy as `torch.nn.functional.cross_entropy` computes it.
///
/// With logits z, targets t (1 at the label, or probabilities), smoothing ε and class weights w, an image's loss is
/// −Σ_c w_c·((1 − ε)·t_c + ε/C)·log softmax(z)_c.
public struct CrossEntropy: Sendable, Hashable {
  /// What becomes of the losses of a batch's images. Raw values are PyTorch's.
  public enum Reduction: String, Sendable, Hashable, Codable, CaseIterable {
    /// Their sum, divided by the sum of the weights of the labels; with probabilities, by the number of images.
    case mean
    /// Their sum.
    case sum
  }

  /// ε of Szegedy et al. 2016, in 0..<1.
  public var labelSmoothing: Double
  /// One weight for each class, at least 0; all 1 when empty.
  public var classWeights: [Float]
  /// Images with this label count for nothing: PyTorch's `ignore_index`. It need not be a class.
  public var ignoredLabel: Int32?
  /// Mean or sum.
  public var reduction: Reduction

  /// A loss; without arguments the usual one.
  public init(
    labelSmoothing: Double = 0, classWeights: [Float] = [], ignoredLabel: Int32? = nil, reduction: Reduction = .mean
  ) {
    self.labelSmoothing = labelSmoothing
    self.classWeights = classWeights
    self.ignoredLabel = ignoredLabel
    self.reduction = reduction
  }
}

/// What a batch's logits are to become.
public enum Targets: Sendable {
  /// The class of each image.
  case classes([Int32])
  /// [N, classes], float32: how much of each class an image is, as mixed images have it. PyTorch's mean divides by N then,
  /// also with class weights.
  case probabilities(Tensor)
}

extension CrossEntropy {
  /// Says what does not fit a batch.
  /// - Throws: ``EngineError`` of code `shape` for targets, `option` for the loss itself.
  func check(_ targets: Targets, batch: Int, classes: Int) throws(EngineError) {
    guard labelSmoothing >= 0, labelSmoothing < 1 else {
      throw EngineError(.option, "label smoothing \(labelSmoothing) is not in 0..<1")
    }
    guard classWeights.isEmpty || classWeights.count == classes else {
      throw EngineError(
        .option, "\(classWeights.count) class weights do not fit a network of \(classes) classes; give one for each")
    }
    guard classWeights.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
      throw EngineError(.option, "the class weights are \(classWeights); each must be at least 0")
    }
    switch targets {
    case .classes(let labels):
      guard labels.count == batch else {
        throw EngineError(.shape, "\(labels.count) labels do not fit a batch of \(batch) images")
      }
      for (index, label) in labels.enumerated() where (label < 0 || Int(label) >= classes) && label != ignoredLabel {
        throw EngineError(
          .shape, "label \(label) of image \(index) is no class: the network has classes 0 to \(classes - 1)")
      }
    case .probabilities(let probabilities):
      guard probabilities.dtype == .float32, probabilities.shape == [batch, classes] else {
        throw EngineError(
          .shape,
          "target probabilities are \(probabilities.dtype.rawValue) \(probabilities.shape), and the program takes "
            + "float32 [\(batch), \(classes)]")
      }
      guard ignoredLabel == nil else {
        throw EngineError(
          .option, "targets that are probabilities have no label to ignore; leave out the ignored label")
      }
    }
  }
}
