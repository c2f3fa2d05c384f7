/// A value of a file as the program that wrote it built it: Python's types, JSON's being among them.
///
/// Parts that stand in several places are shared in memory, as they were in the program: a small file can describe a
/// tree that is far too large to walk. Whoever walks one counts its steps (``Value/Budget``).
public indirect enum Value: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  /// A whole number beyond 64 bits, in decimal.
  case bigInteger(String)
  case number(Double)
  case complex(Double, Double)
  case string(String)
  case bytes([UInt8])
  case list([Value])
  case tuple([Value])
  case set([Value])
  case dictionary([Entry])
  /// The tensor of this place in ``FileContents/tensors``.
  case tensor(Int)
  /// An object of a class: its name and what it was made of. Nothing of the class was imported or called.
  case record(Record)

  /// A key with its value.
  public struct Entry: Sendable, Hashable {
    /// Any value: PyTorch's optimizer states have numbers.
    public var key: Value
    /// What stands there.
    public var value: Value

    /// An entry.
    public init(_ key: Value, _ value: Value) {
      self.key = key
      self.value = value
    }
  }

  /// What a file says of an object.
  public struct Record: Sendable, Hashable {
    /// Module and class: `argparse.Namespace`.
    public var className: String
    /// What its constructor would have been given.
    public var arguments: [Value]
    /// What it would have been given afterwards; `.null` for nothing.
    public var state: Value

    /// A record.
    public init(_ className: String, arguments: [Value] = [], state: Value = .null) {
      self.className = className
      self.arguments = arguments
      self.state = state
    }
  }
}
