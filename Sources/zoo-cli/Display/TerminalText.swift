/// Text measured in terminal columns.
enum TerminalText {
  /// The columns that a text takes: two for East Asian wide characters and emoji, none for combining marks.
  static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

  /// The text cut to a width, with an ellipsis where something was left out.
  static func truncated(_ text: String, to limit: Int) -> String {
    guard width(text) > limit else { return text }
    guard limit > 1 else { return limit == 1 ? "…" : "" }
    var result = ""
    var used = 0
    for character in text {
      let next = width(character)
      if used + next > limit - 1 { break }
      result.append(character)
      used += next
    }
    return result + "…"
  }

  /// The text cut or filled with spaces to a width.
  /// - Parameter keepsEnd: Whether it is cut at the beginning.
  static func padded(_ text: String, to limit: Int, alignRight: Bool = false, keepsEnd: Bool = false) -> String {
    let cut =
      keepsEnd
      ? String(truncated(String(text.reversed()), to: limit).reversed()) : truncated(text, to: limit)
    let fill = String(repeating: " ", count: max(0, limit - width(cut)))
    return alignRight ? fill + cut : cut + fill
  }

  /// The words in lines of at most a width; a longer word stands alone.
  static func wrapped(_ text: String, to limit: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, width(last) + 1 + width(String(word)) <= limit {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  /// A message for people: its lines wrapped at words. Indented lines are commands to copy and stay whole; those of a
  /// list, `  - …`, go on below their first word.
  static func paragraphs(_ text: String, to limit: Int) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
      let line = String(line)
      if line.hasPrefix("  - ") {
        return wrapped(String(line.dropFirst(4)), to: limit - 4).enumerated().map { ($0 == 0 ? "  - " : "    ") + $1 }
      }
      return line.isEmpty || line.hasPrefix(" ") ? [line] : wrapped(line, to: limit)
    }.joined(separator: "\n")
  }

  private static func width(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    if scalar.isASCII { return 1 }
    if scalar.properties.isEmojiPresentation { return 2 }
    switch scalar.value {
    case 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F: return 0
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }
}
