/// Replaces what a regular expression matches within a name, wherever it matches.
public struct RenameRule: CustomStringConvertible {
  private let expression: Regex<AnyRegexOutput>
  private let template: [Piece]
  /// `REGEX=TEMPLATE`, as it was given.
  public let description: String

  private enum Piece {
    case text(String)
    case group(Int)
  }

  /// Reads `REGEX=TEMPLATE`; the last `=` separates. In the template `\1` or `$1` is what the first group matched and `\0`
  /// the whole match; `\\` and `\$` are the characters themselves.
  /// - Throws: ``CheckpointError/Code/invalid`` with what is wrong.
  public init(parsing text: String) throws {
    guard let separator = text.lastIndex(of: "="), separator > text.startIndex else {
      throw CheckpointError(
        .invalid, "'\(text.terminalEscaped)' renames nothing: expected REGEX=TEMPLATE, such as 'fc(\\d)=head.\\1'")
    }
    description = text
    expression = try NameExpression(String(text[..<separator])).regex
    template = try Self.pieces(String(text[text.index(after: separator)...]))
  }

  /// The name with every match replaced.
  /// - Throws: ``CheckpointError/Code/invalid`` when the template names a group that the expression has not.
  func applied(to name: String) throws -> String {
    var result = ""
    var end = name.startIndex
    for match in name.matches(of: expression) {
      result += name[end..<match.range.lowerBound]
      for piece in template {
        switch piece {
        case .text(let text): result += text
        case .group(let number):
          guard number < match.output.count else {
            throw CheckpointError(
              .invalid,
              "'\(description.terminalEscaped)' uses group \(number), but the expression has only "
                + "\(match.output.count - 1)")
          }
          result += match.output[number].substring ?? ""
        }
      }
      end = match.range.upperBound
    }
    return result + name[end...]
  }

  private static func pieces(_ template: String) throws -> [Piece] {
    var pieces: [Piece] = []
    var isEscaped = false
    for character in template {
      if isEscaped, character.isASCII, let number = character.wholeNumberValue {
        pieces.append(.group(number))
      } else if !isEscaped, character == "\\" || character == "$" {
        isEscaped = true
        continue
      } else {
        pieces.append(.text(String(character)))
      }
      isEscaped = false
    }
    guard !isEscaped else {
      throw CheckpointError(.invalid, "the template '\(template.terminalEscaped)' ends with a lone \\ or $")
    }
    return pieces
  }
}

/// A regular expression that chooses names: those in which it matches anywhere.
public struct NameExpression {
  let regex: Regex<AnyRegexOutput>

  /// Reads an expression.
  /// - Throws: ``CheckpointError/Code/invalid`` with what is wrong.
  public init(_ text: String) throws {
    do {
      regex = try Regex(text)
    } catch {
      throw CheckpointError(.invalid, "'\(text.terminalEscaped)' is no regular expression: \(error)")
    }
  }

  func matches(_ name: String) -> Bool { name.firstMatch(of: regex) != nil }
}
