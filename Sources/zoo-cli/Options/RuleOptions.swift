import ArgumentParser
import Checkpoint
import Tensors

/// What a conversion does to names and numbers.
struct RuleOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Replace what REGEX matches in names; \\1 is its first group. May be given several times.",
      valueName: "regex=template"))
  var rename: [String] = []

  @Option(help: ArgumentHelp("Leave out tensors whose name REGEX matches.", valueName: "regex"))
  var drop: [String] = []

  @Option(help: ArgumentHelp("Keep only tensors whose name REGEX matches.", valueName: "regex"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Put this before every name.", valueName: "text"))
  var prefix = ""

  @Option(
    help: ArgumentHelp(
      "The type of the net's real numbers: bf16, f16, f32, f64, f8e4m3, f8e5m2 or PyTorch's names.",
      valueName: "type"))
  var dtype: FloatingPointType?

  @Flag(help: "Keep the net alone: no optimizer, no position.")
  var weightsOnly = false

  @Flag(help: "Leave out what the format cannot hold; let numbers overflow in --dtype.")
  var lossy = false

  /// The rules that these options mean.
  func rules() throws -> ConversionRules {
    var rules = ConversionRules()
    rules.renames = try rename.map(RenameRule.init)
    rules.drop = try drop.map(NameExpression.init)
    rules.only = try only.map(NameExpression.init)
    rules.prefix = prefix
    rules.dtype = dtype?.dtype
    rules.isWeightsOnly = weightsOnly
    rules.isLossy = lossy
    return rules
  }
}

/// A real floating-point type as people write it.
struct FloatingPointType: ExpressibleByArgument {
  let dtype: DType

  /// Reads `bf16`, `f32` or `float32`; only real floating-point types.
  init?(argument: String) {
    let short: [String: DType] = [
      "bf16": .bfloat16, "f16": .float16, "fp16": .float16, "f32": .float32, "fp32": .float32, "f64": .float64,
      "f8e4m3": .float8E4M3, "f8e5m2": .float8E5M2,
    ]
    guard let dtype = short[argument] ?? DType(rawValue: argument), dtype.isFloatingPoint else { return nil }
    self.dtype = dtype
  }

  /// What completions offer.
  static var allValueStrings: [String] { DType.allCases.filter(\.isFloatingPoint).map(\.rawValue) }
}

/// A number of bytes as people write it: `500MB`, `2GiB`, `65536`.
struct ByteSize: ExpressibleByArgument {
  let byteCount: Int

  init?(argument: String) {
    let units: [(String, Int)] = [
      ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("kb", 1000), ("mb", 1_000_000), ("gb", 1_000_000_000),
      ("b", 1),
    ]
    let text = argument.lowercased()
    let unit = units.first { text.hasSuffix($0.0) } ?? ("", 1)
    guard let number = Int(text.dropLast(unit.0.count)), number > 0,
      case let (product, overflow) = number.multipliedReportingOverflow(by: unit.1), !overflow
    else { return nil }
    byteCount = product
  }
}
