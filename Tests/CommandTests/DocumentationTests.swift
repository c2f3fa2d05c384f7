import ArgumentParser
import Foundation
import Testing
import Zoo

@testable import zoo_cli

/// What README shows is what there is.
struct DocumentationTests {
  static let root = URL(filePath: #filePath).appending(path: "../../..").standardizedFileURL

  /// The fenced blocks of a language.
  private static func blocks(of language: String, in text: String) -> [String] {
    text.components(separatedBy: "```\(language)\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  @Test func theProgramInReadmeIsTheExample() throws {
    let example = try Self.text("Examples/ten-lines/Sources/ten-lines/main.swift")
    #expect(Self.blocks(of: "swift", in: try Self.text("README.md")) == [example])
  }

  /// The table of models in the documentation is what `make models` writes.
  @Test func theTableOfModelsIsTheRegistry() throws {
    let lines = try Self.text("Sources/Zoo/Zoo.docc/Models.md").split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(lines.map(String.init) == ListedModel.markdown(try Registry.models.map { try ListedModel($0) }))
  }

  @Test func theProgramInTheArticleIsTheExample() throws {
    let example = try Self.text("Examples/own-model/Sources/own-model/main.swift")
    let manifest = try Self.text("Examples/own-model/Package.swift")
    let article = try Self.text("Sources/Layers/Layers.docc/OwnModels.md")
    #expect(Self.blocks(of: "swift", in: article) == [manifest, example])
  }

  /// Every `zoo …` line of README, the articles and the help texts.
  @Test func documentedCommandLinesAreOnesThatZooTakes() throws {
    var documents = [try Self.text("README.md")]
    for folder in ["Sources", "Documentation"] {
      let files = FileManager.default.enumerator(at: Self.root.appending(path: folder), includingPropertiesForKeys: nil)
      for case let file as URL in files ?? .init() where ["md"].contains(file.pathExtension) {
        documents.append(try String(contentsOf: file, encoding: .utf8))
      }
    }
    var lines: [String] = []
    for block in documents.flatMap({ Self.blocks(of: "sh", in: $0) }) {
      lines += block.split(separator: "\n").map(String.init)
    }
    lines += Zoo.configuration.subcommands.flatMap {
      $0.configuration.discussion.split(separator: "\n").filter { $0.hasPrefix("  zoo ") }.map(String.init)
    }
    let commands = lines.map(Self.words).filter { $0.first == "zoo" }
    #expect(commands.count > 20)
    for command in commands {
      #expect(throws: Never.self, "\(command)") { try Zoo.parseAsRoot(Array(command.dropFirst())) }
    }
  }

  /// The words of a line of shell, without a prompt and a comment.
  private static func words(of line: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isQuoted = false
    for character in line + " " {
      switch character {
      case "'": isQuoted.toggle()
      case " " where !isQuoted:
        if word == "#" || word == "|" || word == ">" { return words.first == "$" ? Array(words.dropFirst()) : words }
        if !word.isEmpty { words.append(word) }
        word = ""
      default: word.append(character)
      }
    }
    return words.first == "$" ? Array(words.dropFirst()) : words
  }
}
