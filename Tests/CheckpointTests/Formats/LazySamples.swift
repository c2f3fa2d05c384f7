@testable import Checkpoint
import OrderedCollections
import Tensors
import Testing

/// Lazy snapshots for tests.
enum LazySamples {
  /// A value with every case, and the tensors that it means.
  static let everything: Value = .dictionary([
    .init(.string("null"), .null), .init(.string("bool"), .bool(true)), .init(.string("integer"), .integer(.min)),
    .init(.string("big"), .bigInteger("-123456789012345678901234567890")),
    .init(
      .string("numbers"),
      .list([
        .number(0.1), .number(-0.0), .number(5), .number(.infinity), .number(-.infinity), .number(.nan), .number(1e300),
        .number(Double(bitPattern: 0xFFF8_0000_0000_0123)), .number(.leastNonzeroMagnitude),
      ])),
    .init(.string("complex"), .complex(1.5, -.infinity)), .init(.string("text"), .string("NaN \u{1B} \u{1F600} \"\\")),
    .init(.string("bytes"), .bytes([0, 255, 16])),
    .init(.string("tuple"), .tuple([.list([]), .tuple([]), .set([.integer(1), .integer(2)])])),
    .init(.string("keys"), .dictionary([.init(.integer(1), .null), .init(.integer(1), .string("again"))])),
    .init(.string("dollar"), .dictionary([.init(.string("$tuple"), .list([]))])),
    .init(.string("$x"), .dictionary([])), .init(.string("tensor"), .tensor(1)), .init(.string("other"), .tensor(0)),
    .init(
      .string("record"),
      .record(.init("argparse.Namespace", arguments: [.integer(1)], state: .dictionary([.init(.string("lr"), .null)])))),
  ])

  /// A training in its middle, with everything that a format may be asked to keep.
  static func training(seed: UInt64 = 1) -> LazySnapshot {
    let snapshot = Samples.training(seed: seed)
    var net: OrderedDictionary<String, TensorSource> = [:]
    for (name, tensor) in snapshot.net { net[name] = TensorSource(tensor) }
    // A name that another tensor's would be.
    net["others.rng.cpu"] = TensorSource(Samples.tensor(.bfloat16, [3], seed: seed + 6))
    var lazy = LazySnapshot(net: net)
    lazy.metadata = snapshot
    lazy.metadata.net = [:]
    lazy.metadata.metrics = ["nan": .number(.nan), "$": 1, "text": "NaN", "whole": 5.0, "count": 5]
    lazy.metadata.optimizer?.state = [:]
    for (name, slots) in (snapshot.optimizer?.state ?? [:]).sorted(by: { $0.key < $1.key }) {
      lazy.optimizerState[name] = OrderedDictionary(
        uniqueKeysWithValues: slots.sorted { $0.key < $1.key }.map { ($0.key, TensorSource($0.value)) })
    }
    lazy.optimizerState["without.slots"] = [:]
    lazy.others = everything
    lazy.otherTensors = [
      "rng.cpu": TensorSource(Samples.tensor(.uint8, [816], seed: seed + 7)),
      "extra": TensorSource(Samples.tensor(.float16, [], seed: seed + 8)),
    ]
    return lazy
  }

  /// A snapshot of random names, types and shapes.
  static func random(_ seed: UInt64, types: [DType]) -> LazySnapshot {
    var random = RandomSource(seed: seed, purpose: .synthetic)
    let alphabet: [Character] = [
      "a", "Z", "0", ".", "/", "%", "_", " ", "\u{E9}", "\u{1F40A}", "\0", "\n", "\"", "\\", "~", "$", "-", ":",
    ]
    func name() -> String {
      String((0..<random.integer(below: 12)).map { _ in alphabet[random.integer(below: alphabet.count)] })
    }
    func source() -> TensorSource {
      let shape = Shape((0..<random.integer(below: 5)).map { _ in random.integer(below: 9) })
      return TensorSource(
        Samples.tensor(types[random.integer(below: types.count)], shape, seed: random.next()))
    }
    var snapshot = LazySnapshot(net: [:])
    for _ in 0..<random.integer(below: 30) { snapshot.net[name()] = source() }
    guard !seed.isMultiple(of: 3) else { return snapshot }
    snapshot.metadata = Samples.training(seed: seed)
    snapshot.metadata.net = [:]
    snapshot.metadata.optimizer?.state = [:]
    for parameter in snapshot.net.keys where random.integer(below: 2) == 0 {
      for _ in 0..<random.integer(below: 3) { snapshot.optimizerState[parameter, default: [:]][name()] = source() }
    }
    for _ in 0..<random.integer(below: 4) { snapshot.otherTensors[name()] = source() }
    let tensors = snapshot.otherTensors.values.indices.map { Value.tensor($0) }
    snapshot.others = .dictionary([
      .init(.string(name()), .tuple(tensors)), .init(.string(name()), everythingButTensors),
    ])
    return snapshot
  }

  /// ``everything`` without the tensors.
  private static var everythingButTensors: Value {
    .dictionary((everything.entries ?? []).filter { $0.value.tensor == nil })
  }

  /// What differs between two snapshots, tensors read; empty when they are the same to the last bit.
  static func differences(_ first: LazySnapshot, _ second: LazySnapshot) throws -> [String] {
    var differences = Samples.differences(first.metadata, second.metadata).filter { $0 != "metrics" }
    func compare(_ what: String, _ isSame: Bool) { if !isSame { differences.append(what) } }
    // NaN is not equal to itself.
    compare("metrics", "\(first.metadata.metrics)" == "\(second.metadata.metrics)")
    compare("others", text(first.others) == text(second.others))
    func compare(
      _ what: String, _ left: OrderedDictionary<String, TensorSource>, _ right: OrderedDictionary<String, TensorSource>
    ) throws {
      compare("names of \(what): \(left.keys) and \(right.keys)", left.keys == right.keys)
      for (name, source) in left {
        guard let other = right[name] else { continue }
        compare("\(what) \(name)", try source.tensor().isIdentical(to: other.tensor()))
      }
    }
    try compare("net", first.net, second.net)
    try compare("others", first.otherTensors, second.otherTensors)
    compare("state", first.optimizerState.keys == second.optimizerState.keys)
    for (name, slots) in first.optimizerState {
      try compare("state of \(name)", slots, second.optimizerState[name] ?? [:])
    }
    return differences
  }

  /// A value with the bits of its numbers.
  static func text(_ value: Value) -> String {
    switch value {
    case .number(let number): "number \(number.bitPattern)"
    case .complex(let real, let imaginary): "complex \(real.bitPattern) \(imaginary.bitPattern)"
    case .list(let elements): "list [\(elements.map(text).joined(separator: ", "))]"
    case .tuple(let elements): "tuple [\(elements.map(text).joined(separator: ", "))]"
    case .set(let elements): "set [\(elements.map(text).joined(separator: ", "))]"
    case .dictionary(let entries):
      "dictionary [\(entries.map { text($0.key) + ": " + text($0.value) }.joined(separator: ", "))]"
    case .record(let record):
      "record \(record.className) [\(record.arguments.map(text).joined(separator: ", "))] \(text(record.state))"
    default: "\(value)"
    }
  }
}
