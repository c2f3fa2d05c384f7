/// Numbers of bytes as text.
package enum ByteCount {
  /// `489.6 MB`, in powers of 1000; `12 bytes` below a thousand.
  package static func text(_ count: Int) -> String {
    var value = Double(count)
    guard value >= 1000 else { return "\(count) bytes" }
    var unit = ""
    for name in ["kB", "MB", "GB", "TB"] where value >= 999.95 || unit.isEmpty {
      value /= 1000
      unit = name
    }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }
}
