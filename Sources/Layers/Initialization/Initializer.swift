/// How a parameter starts. Fans follow PyTorch: for a weight [O, I, …] fan_in is I·k and fan_out is O·k, where k is the
/// product of the remaining extents.
public enum Initializer: Sendable, Hashable {
  /// Every element is this number.
  case constant(Double)
  /// These numbers in order, as many as there are elements.
  case values([Double])
  /// The uniform distribution on [low, high).
  case uniform(low: Double, high: Double)
  /// The normal distribution.
  case normal(mean: Double = 0, std: Double)
  /// The normal distribution cut off at [low, high].
  case truncatedNormal(mean: Double = 0, std: Double, low: Double = -2, high: Double = 2)
  /// He et al. 2015: U(±gain·√(3/fan)).
  case kaimingUniform(Fan, gain: Double)
  /// He et al. 2015: N(0, gain²/fan).
  case kaimingNormal(Fan, gain: Double)
  /// Glorot & Bengio 2010: U(±√(6/(fan_in + fan_out))).
  case xavierUniform
  /// Glorot & Bengio 2010: N(0, 2/(fan_in + fan_out)).
  case xavierNormal

  /// Which connections a variance is scaled by.
  public enum Fan: String, Sendable, Hashable {
    case fanIn, fanOut
  }
}
