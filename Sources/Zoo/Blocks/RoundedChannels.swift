/// A number of channels as a multiple of 8: the nearest, or the next one where that is less than nine tenths of the number.
/// TensorFlow's MobileNets count so, and those that scale their channels since then.
func roundedChannels(_ wanted: Double) -> Int {
  let rounded = max(8, Int(wanted + 4) / 8 * 8)
  return Double(rounded) >= 0.9 * wanted ? rounded : rounded + 8
}
