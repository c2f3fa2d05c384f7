/// The models that can be built by name.
public enum Registry {
  /// Every model, family by family.
  public static let models: [ModelEntry] = checked(
    AlexNet.models + AlexNet2012.models + LeNet.models + VGG.models + ResNet.models + CIFARResNet.models
      + WideResNet.models + SqueezeNet.models + DenseNet.models + GoogLeNet.models + InceptionV3.models + MNASNet.models
      + MobileNetV2.models + MobileNetV3.models + ShuffleNetV2.models + EfficientNetV1.models + EfficientNetV2.models
      + RegNet.models + ConvNeXt.models + VisionTransformer.models + SwinTransformer.models + MaxViT.models)

  /// The model of a name.
  /// - Throws: ``ZooError`` that names the nearest models when there is none.
  public static func model(named name: String) throws(ZooError) -> ModelEntry {
    if let entry = models.first(where: { $0.name == name }) { return entry }
    let nearest = nearestNames(to: name, among: models.map(\.name)).map { "'\($0)'" }
    var message = "no model is called '\(printable(name))'"
    if let last = nearest.last {
      let others = nearest.dropLast().joined(separator: ", ")
      message += "; did you mean \(others.isEmpty ? last : "\(others) or \(last)")?"
    } else {
      message += ";"
    }
    throw ZooError(.unknownModel, message + " 'zoo list' shows all")
  }

  /// Traps when two models have one name.
  private static func checked(_ models: [ModelEntry]) -> [ModelEntry] {
    var names: Set<String> = []
    for entry in models {
      precondition(names.insert(entry.name).inserted, "two models are called '\(entry.name)'")
    }
    return models
  }
}
