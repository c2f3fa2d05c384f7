import Tensors
import Testing

@Suite struct MarkupEscapingTests {
  @Test(arguments: [
    ("plain, größer, 猫", "plain, größer, 猫"), ("a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;"),
    ("tab\tline\nbell\u{7}", "tab\u{FFFD}line\u{FFFD}bell\u{FFFD}"), ("\u{85}\u{FFFF}", "\u{FFFD}\u{FFFD}"),
    // Beyond the first 65,536 there is nothing that XML forbids.
    ("🐈 𝄞", "🐈 𝄞"), ("", ""),
  ])
  func escapes(text: String, expected: String) {
    #expect(text.markupEscaped == expected)
  }
}
