import Tensors

/// A body's result [N, C, H, W] times a number for each channel that is learnt (Touvron et al. 2021, "Going deeper with image
/// transformers", arXiv:2103.17239).
///
/// The body stands at the module's own path, so give its children names. The parameter, `layer_scale` [C, 1, 1], comes
/// before the body's, as in torchvision's ConvNeXt.
public struct LayerScale: Module {
  private let features: Int
  private let initial: Double
  private let body: any Module

  /// A body whose result has `features` channels, each of which is multiplied by `initial` when training starts.
  public init(_ features: Int, initial: Double, _ body: some Module) {
    self.features = features
    self.initial = initial
    self.body = body
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    let scale = Parameter(
      name: path.child("layer_scale").description, shape: [features, 1, 1], initializer: .constant(initial))
    let declared = builder.declare([scale])
    let result = body.emit(into: &builder, at: path, input: input)
    return builder.add(.layerScale(features: features), at: path, inputs: [result], declared: declared)
  }
}
