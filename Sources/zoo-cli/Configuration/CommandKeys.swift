import ArgumentParser
import Checkpoint

/// What a command can be told, as its own help says it: the keys of a settings file.
struct CommandKeys {
  /// Something that a command can be told.
  struct Key {
    /// The long name without its dashes, or the name of a positional argument. Of several long names the first.
    let name: String
    /// The other long names.
    let aliases: [String]
    /// Whether it stands by itself, without a value.
    let isFlag: Bool
    /// Whether it is the word after the command and not an option.
    let isPositional: Bool
    /// Whether the command does nothing without it.
    let isRequired: Bool
    /// Whether it may be given several times.
    let isRepeating: Bool
    /// What it is when nobody says it; `nil` when that depends on other things.
    let defaultValue: String?
    /// Under what it stands in the help.
    let section: String
    /// What the help says.
    let summary: String
  }

  /// In the order of the help.
  let keys: [Key]

  /// What a command of `zoo` can be told.
  init(of command: String) throws {
    // ArgumentParser's own description of the command line, the one that completions are made from.
    let description = try JSONValue(parsing: Zoo._dumpHelp())
    let commands = description["command"]?["subcommands"]?.array ?? []
    let found = commands.first { $0["commandName"]?.string == command }
    keys = (found?["arguments"]?.array ?? []).compactMap(Key.init)
  }

  /// The key of any of its names; flags that take something back belong to the flag itself: `no-init-weights`.
  subscript(name: String) -> Key? { keys.first { $0.name == name || $0.aliases.contains(name) } }

  /// The flag that takes another back, where there is one.
  func opposite(of key: Key) -> Key? { self["no-" + key.name] }

  /// Whether a key takes another back.
  func isOpposite(_ key: Key) -> Bool { key.name.hasPrefix("no-") && self[String(key.name.dropFirst(3))] != nil }
}

extension CommandKeys.Key {
  fileprivate init?(_ argument: JSONValue) {
    let kind = argument["kind"]?.string
    let names = (argument["names"]?.array ?? []).filter { $0["kind"]?.string == "long" }.compactMap {
      $0["name"]?.string
    }
    guard let name = kind == "positional" ? argument["valueName"]?.string : names.first, name != "help",
      name != "version"
    else {
      return nil
    }
    self.name = name
    aliases = kind == "positional" ? [] : Array(names.dropFirst())
    isFlag = kind == "flag"
    isPositional = kind == "positional"
    isRequired = !(argument["isOptional"]?.bool ?? true)
    isRepeating = argument["isRepeating"]?.bool ?? false
    defaultValue = argument["defaultValue"]?.string
    section = argument["sectionTitle"]?.string ?? ""
    summary = argument["abstract"]?.string ?? ""
  }
}
