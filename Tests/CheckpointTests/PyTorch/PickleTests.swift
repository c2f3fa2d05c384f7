import Testing

@testable import Checkpoint

/// A part of a pickle that a test puts together.
protocol PicklePart: Sendable { var pickled: [UInt8] { get } }

/// Pickles by hand: every instruction, every rule that one can break, and what an attacker would write.
@Suite struct PickleTests {
  /// A pickle of parts: texts are their UTF-8, numbers are bytes.
  static func assemble(_ parts: [any PicklePart]) -> [UInt8] { parts.flatMap(\.pickled) }

  static func value(_ bytes: [UInt8], inert: Bool = false) throws -> Value {
    let graph = try PickleMachine.run(ByteRegion(copying: bytes), name: "data.pkl", path: "a.pth", inert: inert)
    var values = PickleValues(graph, vocabulary: PythonVocabulary())
    return try values.root()
  }

  static func error(_ bytes: [UInt8]) -> CheckpointError? { checkpointError { _ = try value(bytes) } }

  /// Pickles and what they are. Protocols 0 and 1 as Python 2 wrote them, 2 to 5 as Python 3 does.
  static let sound: [(pickle: [any PicklePart], value: Value)] = [
    (["N."], nil), (["I01\n."], true), (["I00\n."], false), ([0x88, "."], true), ([0x89, "."], false),
    (["I-12\n."], -12), (["L123L\n."], 123), (["L99999999999999999999L\n."], .bigInteger("99999999999999999999")),
    (["K", 200, "."], 200), (["M", 1, 2, "."], 513), (["J", 0xFF, 0xFF, 0xFF, 0xFF, "."], -1),
    ([0x8A, 0, "."], 0), ([0x8A, 1, 0xFF, "."], -1), ([0x8A, 2, 0xFF, 0, "."], 255),
    ([0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x80, "."], .integer(.min)),
    ([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, "."], .bigInteger("9223372036854775808")),
    ([0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0x80, 0xFF, "."], .bigInteger("-9223372036854775808")),
    ([0x8B, 2, 0, 0, 0, 0, 0x80, "."], -32768),
    (["F0.5\n."], 0.5), (["F-inf\n."], .number(-.infinity)), (["G", 0x3F, 0xE0, 0, 0, 0, 0, 0, 0, "."], 0.5),
    (["S'a\\n\\x41\\''\n."], "a\nA'"), (["S\"\\xff\"\n."], .bytes([0xFF])),
    (["Va\\u00e9\\U0001f600\\n\n."], "a\u{E9}\u{1F600}\\n"),
    (["T", 2, 0, 0, 0, "ab."], "ab"), (["U", 1, 0xFF, "."], .bytes([0xFF])), (["X", 2, 0, 0, 0, "\u{E9}."], "\u{E9}"),
    ([0x8C, 2, "ab."], "ab"), ([0x8D, 2, 0, 0, 0, 0, 0, 0, 0, "ab."], "ab"),
    (["C", 1, 0xFF, "."], .bytes([0xFF])), (["B", 1, 0, 0, 0, 7, "."], .bytes([7])),
    ([0x8E, 1, 0, 0, 0, 0, 0, 0, 0, 7, "."], .bytes([7])), ([0x96, 1, 0, 0, 0, 0, 0, 0, 0, 7, "."], .bytes([7])),
    ([")."], .tuple([])), (["K", 1, 0x85, "."], .tuple([1])), (["K", 1, "K", 2, 0x86, "."], .tuple([1, 2])),
    (["K", 1, "K", 2, "K", 3, 0x87, "."], .tuple([1, 2, 3])), (["(K", 1, "K", 2, "t."], .tuple([1, 2])),
    (["(K", 1, "l."], [1]), (["]K", 1, "a."], [1]), (["](K", 1, "K", 2, "e."], [1, 2]),
    (["(U", 1, "aK", 1, "d."], ["a": 1]), (["}U", 1, "aK", 1, "s."], ["a": 1]), (["}(U", 1, "aK", 1, "u."], ["a": 1]),
    ([0x8F, "(K", 1, 0x90, "."], .set([1])), (["(K", 1, 0x91, "."], .set([1])),
    // The later value of a key counts, at the earlier place.
    (["}(U", 1, "aK", 1, "U", 1, "bK", 2, "U", 1, "aK", 3, "u."], ["a": 3, "b": 2]),
    // The memo, by text, by bytes, and by order.
    (["]p5\n0g5\n."], []), (["]q", 5, "0h", 5, "."], []), (["]r", 1, 1, 0, 0, "0j", 1, 1, 0, 0, "."], []),
    (["]", 0x94, "0h", 0, "."], []), (["]2", 0x86, "."], .tuple([[], []])), (["(K", 1, "K", 2, "1K", 3, "."], 3),
    (["(0K", 3, "."], 3),
    ([0x80, 4, 0x95, 1, 0, 0, 0, 0, 0, 0, 0, "N."], nil),
    // Functions and classes, five ways to name and make them.
    (["ccollections\nOrderedDict\n)R(U", 1, "aK", 1, "u."], ["a": 1]),
    ([0x8C, 11, "collections", 0x8C, 11, "OrderedDict", 0x93, ")R."], [:]),
    (["ccollections\nOrderedDict\n(((U", 1, "aK", 1, "lltR."], ["a": 1]),
    (["c__builtin__\nset\n((K", 1, "ltR."], .set([1])),
    (["(iargparse\nNamespace\n}U", 1, "aK", 1, "sb."], .record(.init("argparse.Namespace", state: ["a": 1]))),
    (["(cmy\nThing\nK", 1, "o."], .record(.init("my.Thing", arguments: [1]))),
    (["cmy\nThing\n)", 0x81, "."], .record(.init("my.Thing"))),
    (["cmy\nThing\n)}U", 1, "aK", 1, "s", 0x92, "."], .record(.init("my.Thing", arguments: [["a": 1]]))),
    (["ccopy_reg\n_reconstructor\n(cmy\nThing\nc__builtin__\nobject\nNtR}b."], .record(.init("my.Thing", state: [:]))),
    (["cmy\nDict\n)R(U", 1, "aK", 1, "u."], .record(.init("my.Dict", state: ["a": 1]))),
    (["cmy\nList\n)R(K", 1, "e."], .record(.init("my.List", state: [1]))),
    (["ctest.code\nThing\n)R."], .record(.init("test.code.Thing"))),
    (["cmy\n_Private.Inner\n)R."], .record(.init("my._Private.Inner"))),
    // Naming a function is not calling it.
    (["cos\nsystem\n."], .record(.init("os.system"))),
    (["c_codecs\nencode\n(X", 3, 0, 0, 0, "a\u{FF}U", 6, "latin1tR."], .bytes([0x61, 0xFF])),
    (["c__builtin__\ncomplex\n(K", 1, "G", 0xBF, 0xF0, 0, 0, 0, 0, 0, 0, "tR."], .complex(1, -1)),
    (["c__builtin__\nbytearray\n(c_codecs\nencode\n(U", 1, "aU", 6, "latin1tRtR."], .bytes([0x61])),
  ]

  @Test(arguments: sound.indices)
  func soundPickles(_ index: Int) throws {
    let (parts, expected) = Self.sound[index]
    #expect(try Self.value(Self.assemble(parts)) == expected, "\(parts)")
  }

  /// Every prefix of every sound pickle lacks its end.
  @Test(arguments: sound.indices)
  func cutPickles(_ index: Int) throws {
    let bytes = Self.assemble(Self.sound[index].pickle)
    for length in bytes.indices {
      let error = Self.error(Array(bytes[..<length]))
      #expect(
        error.map { [.truncated, .corrupt].contains($0.code) } == true,
        "\(length) of \(bytes): \(String(describing: error))")
    }
  }

  /// What would be called is named, and the file refused; read as inert, the call is a record.
  static let attacks: [(pickle: [any PicklePart], name: String)] = [
    (["cos\nsystem\n(U", 2, "lstR."], "os.system"), (["cposix\nsystem\n(U", 2, "lstR."], "posix.system"),
    (["c__builtin__\neval\n(U", 1, "1tR."], "builtins.eval"), (["cbuiltins\nexec\n(U", 1, "1tR."], "builtins.exec"),
    (["(ios\nsystem\n."], "os.system"), (["(U", 2, "lsios\nsystem\n."], "os.system"),
    (["(cos\nsystem\nU", 2, "lso."], "os.system"),
    ([0x8C, 2, "os", 0x8C, 6, "system", 0x93, 0x8C, 2, "ls", 0x85, "R."], "os.system"),
    (["U", 2, "osq", 0, "U", 6, "systemq", 1, "00h", 0, "h", 1, 0x93, ")R."], "os.system"),
    (["cbuiltins\ngetattr\n(cos\nsystem\nU", 1, "xtR."], "builtins.getattr"),
    (["csubprocess\nPopen\n(U", 2, "lstR."], "subprocess.Popen"),
    (["ccommands\ngetoutput\n)R."], "subprocess.getoutput"),
    (["csubprocess\nPopen\n)", 0x81, "."], "subprocess.Popen"), (["cctypes\nCDLL\n)R."], "ctypes.CDLL"),
    (["cctypes.util\nThing\n)R."], "ctypes.util.Thing"), (["coperator\nattrgetter\n)R."], "operator.attrgetter"),
    (["ctorch.hub\nload\n)R."], "torch.hub.load"), (["cmy\nmodule.function\n)R."], "my.module.function"),
    (["cmy\nThing.method\n)R."], "my.Thing.method"), (["cmy\nfunction\n)R."], "my.function"),
    (["cnumpy\nload\n)R."], "numpy.load"),
    (["cmy\n\n)R."], "my."), (["cmy\n\u{1B}[2J\n)R."], "my.\\u{1B}[2J"),
  ]

  @Test(arguments: attacks.indices)
  func callsAreRefused(_ index: Int) throws {
    let (parts, name) = Self.attacks[index]
    let bytes = Self.assemble(parts)
    let error = Self.error(bytes)
    #expect(
      error?.code == .refused && error?.message.contains("the file would call \(name); nothing was called") == true)
    guard case .record(let record) = try Self.value(bytes, inert: true) else {
      Issue.record("a call that is shown is a record")
      return
    }
    #expect(record.className.terminalEscaped == name)
  }

  @Test func whatIsMadeIsNotCalled() throws {
    let bytes = Self.assemble(["cmy\nThing\n)R)R."])
    #expect(Self.error(bytes)?.message.contains("would call something that it makes itself") == true)
    #expect(throws: Never.self) { try Self.value(bytes, inert: true) }
  }

  static let broken: [(pickle: [any PicklePart], code: CheckpointError.Code, message: String)] = [
    ([0xFF, "."], .corrupt, "255 is no instruction"), (["."], .corrupt, "an object that was not made before"),
    (["0."], .corrupt, "not made before"), (["a."], .corrupt, "not made before"), (["t."], .corrupt, "not made before"),
    (["(."], .corrupt, "not made before"), (["N(a."], .corrupt, "not made before"),
    (["h", 1, "."], .corrupt, "object 1 is named before it is made"), (["gx\n."], .corrupt, "is no whole number"),
    ([0x80, 6, "N."], .unsupported, "protocol 6"), (["Ix\n."], .corrupt, "'x' is no whole number"),
    (["I1\u{1B}\n."], .corrupt, "'1\\u{1B}' is no whole number"),
    (["Fx\n."], .corrupt, "'x' is no number"), (["Sabc\n."], .corrupt, "not in quotes"),
    (["S'\\q'\n."], .corrupt, "wrong escape"),
    (["S'\\x4'\n."], .corrupt, "wrong escape"), (["V\\u12\n."], .corrupt, "wrong escape"),
    (["NNa."], .corrupt, "appended to something that is no list"),
    (["NNNs."], .corrupt, "set in something that is no dictionary"),
    (["](K", 1, "u."], .corrupt, "a key without a value"), (["(K", 1, "d."], .corrupt, "a key without a value"),
    (["](K", 1, 0x90, "."], .corrupt, "something that is no set"),
    (["]Nb."], .corrupt, "a state is given to something"),
    (["cmy\nA\n)R}b}b."], .corrupt, "its state twice"), (["cmy\nA\nNR."], .corrupt, "arguments are no tuple"),
    (["NN", 0x93, "."], .corrupt, "name of a function or class is no text"), (["(o."], .corrupt, "made of nothing"),
    (["cmy\nA\n)N", 0x92, "."], .corrupt, "keyword arguments are no dictionary"),
    ([0x82, 1, "."], .unsupported, "a registry"), ([0x97, "."], .unsupported, "apart from the pickle"),
    (["X", 0xFF, 0xFF, 0xFF, 0x7F, "a."], .truncated, "2147483647 more bytes are announced, but only 2 follow"),
    ([0x8D, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, "a."], .corrupt, "no file holds that"),
    ([0x8B, 0xFF, 0xFF, 0xFF, 0xFF, "a."], .corrupt, "no file holds that"),
    (["P1\n."], .unsupported, "something outside of it"), (["NQ."], .unsupported, "something outside of it"),
  ]

  @Test(arguments: broken.indices)
  func brokenPickles(_ index: Int) {
    let (parts, code, message) = Self.broken[index]
    let error = Self.error(Self.assemble(parts))
    #expect(error?.code == code && error?.message.contains(message) == true, "\(parts): \(String(describing: error))")
    #expect(error?.path == "a.pth")
  }

  // MARK: - Bombs

  /// A hundred lists, each of which holds the one before ten times: 10¹⁰⁰ in all, and a hundred here.
  @Test func billionLaughs() throws {
    var parts: [any PicklePart] = ["]q", 0]
    for level in 1..<100 {
      parts += ["]("] as [any PicklePart]
      for _ in 0..<10 { parts += ["h", UInt8(level - 1)] as [any PicklePart] }
      parts += ["eq", UInt8(level)] as [any PicklePart]
    }
    let value = try Self.value(Self.assemble(parts + ["."]))
    guard case .list(let elements) = value else {
      Issue.record("the bomb is a list")
      return
    }
    #expect(elements.count == 10)
  }

  @Test func nesting() throws {
    let deep = { (count: Int) in
      [UInt8](repeating: 0x5D, count: count) + [UInt8](repeating: 0x61, count: count - 1) + [0x2E]
    }
    #expect(throws: Never.self) { try Self.value(deep(150)) }
    #expect(Self.error(deep(250))?.message.contains("nested deeper than 200") == true)
    #expect(Self.error(deep(1_000_000))?.message.contains("nested deeper than 200") == true)
    // The same depth in steps: each part is shallow, and holds one that was made before.
    var bytes = Self.assemble(["]q", 0])
    for _ in 0..<50 {
      bytes += [UInt8](repeating: 0x5D, count: 150) + Self.assemble(["h", 0]) + [UInt8](repeating: 0x61, count: 150)
      bytes += Self.assemble(["q", 0])
    }
    #expect(Self.error(bytes + [0x2E])?.message.contains("nested deeper than 200") == true)
  }

  @Test func circles() throws {
    #expect(try Self.value(Self.assemble(["]q", 0, "h", 0, "a."])) == [.record(.init("<itself>"))])
    #expect(try Self.value(Self.assemble(["}q", 0, "(U", 1, "ah", 0, "u."])) == ["a": .record(.init("<itself>"))])
    // An object that is its own state, and a state that is its own key.
    #expect(throws: Never.self) { try Self.value(Self.assemble(["cmy\nA\n)Rq", 0, "h", 0, "b."])) }
    #expect(throws: Never.self) {
      try Self.value(Self.assemble(["ccollections\nOrderedDict\n)Rq", 0, "(h", 0, "h", 0, "u."]))
    }
  }

  /// A dictionary of many pairs, made again and again of the same list: the file is short, and the work is not.
  @Test func amplification() throws {
    var bytes = Self.assemble(["]("])
    for _ in 0..<2000 { bytes += Self.assemble(["K", 1, "K", 2, 0x86]) }
    bytes += Self.assemble(["e", 0x85, "q", 0, "0("])
    for _ in 0..<4000 { bytes += Self.assemble(["ccollections\nOrderedDict\nh", 0, "R"]) }
    bytes += Self.assemble(["t."])
    #expect(Self.error(bytes)?.message.contains("describes far more than it holds") == true)
  }

  @Test func hugeMemoNumbers() throws {
    #expect(try Self.value(Self.assemble(["]r", 0xFF, 0xFF, 0xFF, 0xFF, "0j", 0xFF, 0xFF, 0xFF, 0xFF, "."])) == [])
  }

  @Test func hugeNumbers() throws {
    let zeros = [UInt8](repeating: 1, count: 2000)
    #expect(Self.error([0x8B, 0xD0, 0x07, 0, 0] + zeros + [0x2E])?.code == .refused)
    #expect(Self.error(Array("L".utf8) + [UInt8](repeating: 0x31, count: 6000) + Array("L\n.".utf8))?.code == .corrupt)
  }

  // MARK: - Writing

  /// What the encoder writes is what the machine reads.
  @Test func encoder() throws {
    let integers = [0, 1, 255, 256, 65535, 65536, -1, Int(Int32.max), Int(Int32.min), Int(Int32.max) + 1, .max, .min]
    var encoder = PickleEncoder()
    encoder.openList()
    for integer in integers { encoder.add(integer) }
    encoder.add(0.1)
    encoder.add(bytes: Array(0...255))
    for digits in ["99999999999999999999", "-99999999999999999999", "-9223372036854775809"] {
      let isWritten = encoder.add(decimal: digits)
      #expect(isWritten)
    }
    encoder.closeList()
    encoder.finish()
    let expected: [Value] =
      integers.map { .integer($0) } + [0.1, .bytes(Array(0...255))]
      + ["99999999999999999999", "-99999999999999999999", "-9223372036854775809"].map { .bigInteger($0) }
    #expect(try Self.value(encoder.bytes) == .list(expected))
  }
}

extension String: PicklePart { var pickled: [UInt8] { Array(utf8) } }
extension UInt8: PicklePart { var pickled: [UInt8] { [self] } }
extension Int: PicklePart { var pickled: [UInt8] { [UInt8(self)] } }
