import Layers

/// Turns images normalised by ImageNet's statistics into images normalised to −1...1, as some ported weights expect them:
/// torchvision's `transform_input`. Nothing unless asked for.
struct InputTransform: Module {
  let isOn: Bool

  func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    guard isOn else { return input }
    // (x·std + mean − 0.5) / 0.5
    let affine = ChannelAffine(
      scale: EvaluationPreset.imagenetStd.map { $0 / 0.5 },
      shift: EvaluationPreset.imagenetMean.map { ($0 - 0.5) / 0.5 })
    return affine.emit(into: &builder, at: path, input: input)
  }
}
