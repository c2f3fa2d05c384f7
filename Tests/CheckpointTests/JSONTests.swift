import Checkpoint
import Testing

/// JSON as the store writes and reads it.
@Suite struct JSONTests {
  @Test func roundTrip() throws {
    let value: JSONValue = [
      "b": 1, "a": [1.5, -0.0, 1e300, .number(.leastNonzeroMagnitude), 0.1, -7, true, nil],
      "text": "q\" \\ \n \u{1B} \u{1F600} \u{E9}",
      "empty": [:], "none": [],
    ]
    for text in [value.text(), value.text(indented: true)] {
      #expect(try JSONValue(parsing: text) == value)
      #expect(!text.contains("\u{1B}"))
    }
    #expect(value.text().hasPrefix("{\"b\":1,\"a\":[1.5,-0.0,1e+300,"))
  }

  @Test func notFinite() throws {
    let value = try JSONValue(
      parsing: JSONValue.array([.number(.nan), .number(.infinity), .number(-.infinity)]).text())
    #expect(value.array?[0].double?.isNaN == true)
    #expect(value.array?[1].double == .infinity && value.array?[2].double == -.infinity)
  }

  @Test func escapes() throws {
    #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\/\b\f\r\t""#) == "\u{E9}\u{1F600}/\u{8}\u{C}\r\t")
    #expect(try JSONValue(parsing: " [ 1 , 2e2 ] ") == [1, 200.0])
  }

  @Test(arguments: [
    "", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "+1", "1e", "nul", "tru", "\"", "\"\\x\"",
    "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\u{1}\"", "1 2", "{\"a\":1,\"a\":2}", "1e999", "NaN", "[1 2]",
    "\"\\u12g4\"",
  ])
  func wrong(_ text: String) {
    #expect(checkpointError { _ = try JSONValue(parsing: text) }?.code == .invalid)
  }

  @Test func depth() throws {
    let deep = { (count: Int) in String(repeating: "[", count: count) + String(repeating: "]", count: count) }
    #expect(throws: Never.self) { try JSONValue(parsing: deep(128)) }
    #expect(checkpointError { _ = try JSONValue(parsing: deep(100_000)) }?.code == .invalid)
  }
}
