#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How numbers are shown to people: short, and the same in every locale.
enum NumberText {
  /// A number with a fixed number of decimals: `0.412`.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
    let scale = pow(10, Double(decimals))
    guard abs(value) * scale < 9e15 else { return "\(value)" }
    let scaled = Int((abs(value) * scale).rounded())
    let sign = value < 0 && scaled != 0 ? "-" : ""
    let (whole, rest) = scaled.quotientAndRemainder(dividingBy: Int(scale))
    return decimals == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(padded(rest, decimals))"
  }

  /// A share in 0...1 as per cent: `85.31%`.
  static func percent(_ share: Double, _ decimals: Int = 2) -> String { fixed(share * 100, decimals) + "%" }

  /// A loss: `0.412`, `12.34`, `4.7e+25`.
  static func loss(_ value: Double) -> String {
    abs(value) < 1e5 ? fixed(value, value < 10 ? 3 : value < 100 ? 2 : 1) : rate(value)
  }

  /// Two significant digits, for learning rates: `0.0098`, `0.01`, `9.8e-05`, `0`.
  static func rate(_ value: Double) -> String {
    // Smaller ones have no power of ten to be divided by.
    guard value.isFinite, abs(value) > 1e-300 else { return fixed(value, 0) }
    var exponent = Int(log10(abs(value)).rounded(.down))
    var digits = Int((value / pow(10, Double(exponent - 1))).rounded())
    if abs(digits) == 100 {
      exponent += 1
      digits /= 10
    }
    if exponent < -4 || exponent > 5 {
      let fraction = digits % 10 == 0 ? "" : ".\(abs(digits % 10))"
      return "\(digits / 10)\(fraction)e\(exponent < 0 ? "-" : "+")\(padded(abs(exponent), 2))"
    }
    var text = fixed(Double(digits) * pow(10, Double(exponent - 1)), max(0, 1 - exponent))
    if text.contains(".") {
      while text.hasSuffix("0") { text.removeLast() }
      if text.hasSuffix(".") { text.removeLast() }
    }
    return text
  }

  /// A whole number in groups of three: `61,100,840`.
  static func grouped(_ value: Int) -> String {
    var text = ""
    for (index, digit) in String(value.magnitude).reversed().enumerated() {
      if index > 0 && index.isMultiple(of: 3) { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + String(text.reversed())
  }

  /// `1 epoch`, `10 epochs`.
  static func count(_ value: Int, _ noun: String) -> String { "\(grouped(value)) \(noun)\(value == 1 ? "" : "s")" }

  /// Three significant digits and a unit of a thousand: `714M`, `61.1M`, `9.22k`, `12`.
  static func short(_ value: Int) -> String {
    guard value >= 1000 else { return "\(value)" }
    var scaled = Double(value)
    for unit in ["k", "M", "G", "T", "P", "E"] {
      scaled /= 1000
      if scaled < 999.5 { return fixed(scaled, scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0) + unit }
    }
    return "\(value)"
  }

  /// Bytes in units of 1024: `233 MiB`, `1.6 GiB`, `512 B`.
  static func bytes(_ value: Int) -> String {
    guard value >= 1024 else { return "\(value) B" }
    var scaled = Double(value)
    for unit in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
      scaled /= 1024
      if scaled < 1023.5 { return fixed(scaled, scaled < 9.95 ? 1 : 0) + " " + unit }
    }
    return "\(value) B"
  }

  /// A length of time: `0:07`, `12:31`, `1:23:45`, `3 d 4 h`; a question mark when it is not known.
  static func duration(_ seconds: Double?) -> String {
    guard let seconds, seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    let total = Int(seconds.rounded())
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    if hours >= 100 { return "\(hours / 24) d \(hours % 24) h" }
    if hours > 0 { return "\(hours):\(padded(minutes, 2)):\(padded(total % 60, 2))" }
    return "\(minutes):\(padded(total % 60, 2))"
  }

  /// Images per second: `412`, `41.2`, `4.12`.
  static func speed(_ value: Double) -> String { fixed(value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0) }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
  }
}
