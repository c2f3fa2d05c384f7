import Layers

/// What the convolutions of a network have in common: how they start, and how the batch normalisation after them counts.
struct ConvStyle: Sendable {
  /// How weight and bias of a convolution start.
  let initializer: LayerInitializer
  /// What batch normalisation adds to a variance.
  var epsilon = 1e-5
  /// The share of a batch in the running statistics.
  var momentum = 0.1
}
