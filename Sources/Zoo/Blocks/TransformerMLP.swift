import Layers

/// The two linear layers of a transformer's block with GELU between, named 0 to 4 as in torchvision's `MLP`.
func transformerMLP(
  _ features: Int, hidden: Int, dropout: Double, initializer: LayerInitializer
) -> Sequential {
  Sequential {
    Linear(features, hidden, initializer: initializer)
    Activation.gelu
    Dropout(dropout)
    Linear(hidden, features, initializer: initializer)
    Dropout(dropout)
  }
}
