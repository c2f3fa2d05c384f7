extension String {
  /// The text with everything that could steer a terminal or deceive its reader made visible: control characters, line
  /// breaks, and the marks that turn the direction of writing. `\u{1B}` stands for the escape character.
  package var terminalEscaped: String {
    guard unicodeScalars.contains(where: \.steersTerminals) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.steersTerminals {
        text += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether a terminal would act on this scalar and not show it.
  var steersTerminals: Bool {
    switch value {
    case 0x00...0x1F, 0x7F...0x9F: true  // C0, DEL and C1 controls
    // Invisible characters, line breaks and the direction of writing.
    case 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
    default: false
    }
  }
}
