/// The versions of ONNX's operators that zoo writes.
public enum Opset {
  /// The oldest and the newest; each is tested.
  public static let supported = 13...22

  /// What is written unless another is asked for: LayerNormalization is there, and programs of 2022 read it.
  public static let usual = 17

  /// The version of the messages that came with a version of the operators (onnx/docs/Versioning.md).
  static func irVersion(_ opset: Int) -> Int {
    switch opset {
    case ...14: 7
    case 15...18: 8
    case 19...20: 9
    default: 10
    }
  }
}
