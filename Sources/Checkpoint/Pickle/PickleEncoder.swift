/// Writes a pickle of protocol 2, of only such instructions and names as `torch.load(weights_only=True)` takes.
struct PickleEncoder {
  private(set) var bytes: [UInt8] = [PickleOpcode.protocol.rawValue, 2]
  private var globals: [PickleGlobal: UInt32] = [:]
  private var remembered: UInt32 = 0

  /// Begins a pickle.
  init() {}

  /// Ends it. What was written last is what the pickle is.
  mutating func finish() { put(.stop) }

  private mutating func put(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

  private mutating func put(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  // MARK: - Numbers and texts

  mutating func add(_ value: Bool) { put(value ? .newTrue : .newFalse) }

  mutating func addNone() { put(.none) }

  mutating func add(_ value: Int) {
    if let small = UInt8(exactly: value) {
      put(.binaryInt1)
      put(small)
    } else if let medium = UInt16(exactly: value) {
      put(.binaryInt2)
      put(medium)
    } else if let large = Int32(exactly: value) {
      put(.binaryInt)
      put(large)
    } else {
      put(.long1)
      put(UInt8(8))
      put(value)
    }
  }

  mutating func add(_ value: Double) {
    put(.binaryFloat)
    put(value.bitPattern.byteSwapped)
  }

  mutating func add(_ text: String) {
    let utf8 = Array(text.utf8)
    put(.binaryUnicode)
    put(UInt32(clamping: utf8.count))
    bytes += utf8.prefix(Int(UInt32.max))
  }

  /// A whole number in decimal.
  /// - Returns: Whether it was written: it may have 700 digits.
  mutating func add(decimal: String) -> Bool {
    guard let bytes = Self.twosComplement(decimal) else { return false }
    put(.long4)
    put(Int32(bytes.count))
    self.bytes += bytes
    return true
  }

  private static func twosComplement(_ decimal: String) -> [UInt8]? {
    let isNegative = decimal.hasPrefix("-")
    let digits = isNegative ? decimal.dropFirst() : decimal[...]
    guard !digits.isEmpty, digits.utf8.count <= 700 else { return nil }
    var bytes: [UInt8] = []
    for digit in digits.utf8 {
      guard (0x30...0x39).contains(digit) else { return nil }
      var carry = Int(digit - 0x30)
      for index in bytes.indices {
        carry += Int(bytes[index]) * 10
        bytes[index] = UInt8(carry & 0xFF)
        carry >>= 8
      }
      if carry > 0 { bytes.append(UInt8(carry)) }
    }
    bytes.append(0)
    guard isNegative else { return bytes }
    var carry = true
    for index in bytes.indices {
      let (value, overflow) = (~bytes[index]).addingReportingOverflow(carry ? 1 : 0)
      bytes[index] = value
      carry = overflow
    }
    return bytes
  }

  // MARK: - Containers

  /// Begins a list; what is added until ``closeList()`` is in it.
  mutating func openList() {
    put(.emptyList)
    put(.mark)
  }

  mutating func closeList() { put(.appends) }

  /// Begins a tuple; what is added until ``closeTuple()`` is in it.
  mutating func openTuple() { put(.mark) }

  mutating func closeTuple() { put(.tuple) }

  /// Begins a dictionary; what is added until ``closeDictionary()`` are keys and values by turns.
  mutating func openDictionary() {
    put(.emptyDictionary)
    put(.mark)
  }

  /// Begins an `OrderedDict`, which state dicts are.
  mutating func openOrderedDictionary() {
    addOrderedDictionary()
    put(.mark)
  }

  mutating func closeDictionary() { put(.setItems) }

  /// Begins the attributes of the object that was added last, a dictionary; ``closeAttributes()`` gives them to it.
  mutating func openAttributes() { openDictionary() }

  mutating func closeAttributes() {
    closeDictionary()
    put(.build)
  }

  private mutating func addOrderedDictionary() {
    openCall(PickleGlobal(module: "collections", name: "OrderedDict"))
    closeCall()
  }

  mutating func add(integers: [Int]) {
    openTuple()
    for integer in integers { add(integer) }
    closeTuple()
  }

  // MARK: - Objects

  /// A function or class, under the name of Python 2 that protocol 2 asks for.
  mutating func add(_ global: PickleGlobal) {
    if let number = globals[global] {
      put(.longBinaryGet)
      put(number)
      return
    }
    put(.global)
    let module = global.module == "builtins" ? "__builtin__" : global.module
    bytes += Array("\(module)\n\(global.name)\n".utf8)
    let number = UInt32(globals.count)
    globals[global] = number
    put(.longBinaryPut)
    put(number)
  }

  /// Begins `callee(…)`; what is added until ``closeCall()`` are its arguments.
  mutating func openCall(_ callee: PickleGlobal) {
    add(callee)
    openTuple()
  }

  mutating func closeCall() {
    closeTuple()
    put(.reduce)
  }

  /// Remembers the object that was added last.
  /// - Returns: What to ``recall(_:)`` it by.
  mutating func remember() -> UInt32 {
    let number = 1 << 30 | remembered
    remembered += 1
    put(.longBinaryPut)
    put(number)
    return number
  }

  /// Adds an object again.
  mutating func recall(_ number: UInt32) {
    put(.longBinaryGet)
    put(number)
  }

  /// Bytes, as Python writes them where protocols have no instruction for them: as a text of Latin-1.
  mutating func add(bytes content: [UInt8]) {
    openCall(PickleGlobal(module: "_codecs", name: "encode"))
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: content.map { Unicode.Scalar($0) })
    add(String(scalars))
    add("latin1")
    closeCall()
  }

  /// A tensor that is all of a storage.
  /// - Parameters:
  ///   - key: The name of the record with its bytes.
  ///   - dtype: The name of its elements' type in PyTorch, `float8_e4m3fn`.
  ///   - storage: The class of its storage; `nil` for a type that came after those, whose bytes are untyped.
  ///   - count: Its elements.
  ///   - byteCount: Its bytes.
  mutating func addTensor(
    key: String, dtype: String, storage: String?, shape: [Int], strides: [Int], count: Int, byteCount: Int
  ) {
    let version = storage == nil ? "3" : "2"
    openCall(PickleGlobal(module: "torch._utils", name: "_rebuild_tensor_v" + version))
    openTuple()
    add("storage")
    add(PickleGlobal(module: storage == nil ? "torch.storage" : "torch", name: storage ?? "UntypedStorage"))
    add(key)
    add("cpu")
    add(storage == nil ? byteCount : count)
    closeTuple()
    put(.binaryPersistentID)
    add(0)
    add(integers: shape)
    add(integers: strides)
    add(false)
    addOrderedDictionary()
    if storage == nil { add(PickleGlobal(module: "torch", name: dtype)) }
    closeCall()
  }
}
