import ArgumentParser
import Checkpoint
import Training
import Zoo

/// A command line whose settings come in part from a file: `--config FILE`, with what stands on the line on top.
///
/// Keys of the file are the long names of the command's options, and the name of its positional argument. They become
/// arguments before those of the line, so everything that is checked about options holds for the file too.
struct Configuration {
  /// Where a value comes from.
  enum Source: Hashable {
    case standard
    case file(String)
    case line
  }

  /// A setting with its values.
  struct Setting {
    let key: CommandKeys.Key
    let values: [String]
    let source: Source
    /// The line of the file, from 1; 0 on the command line.
    var line = 0
  }

  /// What was said, by the file or the line.
  let settings: [Setting]
  /// What the command can be told.
  let keys: CommandKeys
  private let command: String
  private let rest: [String]

  /// The commands that take `--config`.
  static let commands: Set<String> = ["train", "lr-find", "resume"]

  /// Understands a command line.
  /// - Parameter arguments: From the name of the command on.
  /// - Throws: ``Outcome`` that names the file and the key that is wrong.
  init(_ arguments: [String]) throws {
    command = arguments.first ?? ""
    keys = try CommandKeys(of: command)
    let line = Line(arguments.dropFirst(), keys)
    rest = line.rest
    var settings: [Setting] = []
    if let paths = line.values["config"], paths.count > 1 {
      throw Outcome(
        .usage,
        "'--config' names \(paths.count) files; settings come from one: \(paths.map(\.terminalEscaped).joined(separator: ", "))"
      )
    }
    if let path = line.values["config"]?.last {
      let file = try SettingsFile(path: path)
      let training = command == "train" ? nil : try CommandKeys(of: "train")
      for entry in file.entries {
        let name = Self.name(of: entry)
        if let training, command == "resume", keys[name] == nil, training[name] != nil {
          throw Outcome(
            .usage,
            "\(path.terminalEscaped), line \(entry.line): '\(name)' cannot change when a training goes on: the run keeps what "
              + "it began with; of its settings a file for 'zoo resume' may hold: "
              + Self.common(keys, training).joined(separator: ", "))
        }
        // The file of a training serves a range test too: what that has no use for is left out.
        if let training, command == "lr-find", Self.isLeftOut(name, keys, training) { continue }
        settings += try Self.settings(of: entry, path, keys, line)
      }
    }
    for key in keys.keys where key.name != "config" {
      if let values = line.values[key.name] { settings.append(Setting(key: key, values: values, source: .line)) }
    }
    self.settings = settings
  }

  /// The settings of a training that another command takes too.
  private static func common(_ keys: CommandKeys, _ training: CommandKeys) -> [String] {
    keys.keys.filter { training[$0.name] != nil && $0.name != "config" && !keys.isOpposite($0) }.map(\.name)
  }

  private static func name(of entry: SettingsFile.Entry) -> String {
    entry.key.split(separator: "_").joined(separator: "-")
  }

  /// Whether a key is one of `zoo train` alone, or means something else there: the schedule's `min-lr` for a range test.
  private static func isLeftOut(_ name: String, _ keys: CommandKeys, _ training: CommandKeys) -> Bool {
    guard let meant = training[name] else { return false }
    return keys[name].map { $0.section != meant.section } ?? true
  }

  /// What an entry of the file means; nothing when the line says otherwise.
  private static func settings(
    of entry: SettingsFile.Entry, _ path: String, _ keys: CommandKeys, _ line: Line
  ) throws -> [Setting] {
    let name = name(of: entry)
    func wrong(_ message: String) -> Outcome {
      Outcome(.usage, "\(path.terminalEscaped), line \(entry.line): \(message)")
    }
    guard var key = keys[name], name != "config" else {
      let names = keys.keys.map(\.name).filter { $0 != "config" }
      let near = nearestNames(to: name, among: names)
      throw wrong(
        "there is no setting '\(entry.key.terminalEscaped)'"
          + (near.isEmpty ? "; 'zoo help train' shows all" : "; did you mean '\(near.joined(separator: "' or '"))'?"))
    }
    // An empty value and an empty list leave the default.
    guard !entry.values.isEmpty else { return [] }
    let opposite = keys.opposite(of: key)
    if line.values[key.name] != nil || opposite.map({ line.values[$0.name] != nil }) ?? false { return [] }
    if key.isFlag {
      guard entry.values.count == 1, let isOn = truth(entry.values[0]) else {
        throw wrong(
          "'\(key.name)' is \(entry.values.joined(separator: ", ").terminalEscaped); it must be true or false")
      }
      if !isOn {
        guard let opposite else { return [] }
        key = opposite
      }
      return [Setting(key: key, values: [""], source: .file(path), line: entry.line)]
    }
    let values = key.isRepeating ? entry.values : [entry.values.joined(separator: ",")]
    return [Setting(key: key, values: values, source: .file(path), line: entry.line)]
  }

  private static func truth(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  /// The command line that means the same without a file.
  var arguments: [String] { arguments(of: settings) }

  private func arguments(of settings: [Setting]) -> [String] {
    var (words, options) = ([String](), [String]())
    for setting in settings {
      for value in setting.values {
        if setting.key.isPositional {
          words.append(value)
        } else {
          options.append(setting.key.isFlag ? "--\(setting.key.name)" : "--\(setting.key.name)=\(value)")
        }
      }
    }
    return [command] + options + rest + (words.contains { $0.hasPrefix("-") } ? ["--"] : []) + words
  }

  /// The line with its file taken in, when it has one; otherwise as it is.
  static func expanded(_ arguments: [String]) throws -> [String] {
    try Configuration(expanding: arguments)?.arguments ?? arguments
  }

  /// A line that names a file; `nil` for any other.
  private init?(expanding arguments: [String]) throws {
    guard let command = arguments.first, Self.commands.contains(command),
      arguments.contains(where: { $0 == "--config" || $0.hasPrefix("--config=") })
    else { return nil }
    try self.init(arguments)
  }

  /// Understands a command line, with the settings of its file.
  static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
    guard let configuration = try Configuration(expanding: arguments) else { return try Zoo.parseAsRoot(arguments) }
    return try configuration.parsed()
  }

  /// The command with its options.
  /// - Throws: What ArgumentParser says of them. Where it says that of a value in the file, the file and the line come first.
  func parsed() throws -> any ParsableCommand {
    do {
      return try Zoo.parseAsRoot(arguments)
    } catch {
      guard Zoo.exitCode(for: error) == .validationFailure, let cause, case .file(let path) = cause.setting.source
      else {
        throw error
      }
      throw Outcome(.usage, "\(path.terminalEscaped), line \(cause.setting.line): \(Zoo.message(for: cause.error))")
    }
  }

  /// The first setting of the file that the command does not take, and what it says of it: with the line's own words and
  /// what cannot be left out, the command takes all but this.
  private var cause: (setting: Setting, error: any Error)? {
    let needed = settings.filter { $0.source == .line || $0.key.isRequired }
    for setting in settings where setting.source != .line {
      let others = needed.filter { $0.key.name != setting.key.name }
      do {
        _ = try Zoo.parseAsRoot(arguments(of: others + [setting]))
      } catch {
        let isAlone = setting.key.isRequired || (try? Zoo.parseAsRoot(arguments(of: others))) != nil
        if isAlone { return (setting, error) }
      }
    }
    return nil
  }
}

/// The words of a command line by the keys that they belong to.
private struct Line {
  /// The values of each key; an empty text for a flag.
  var values: [String: [String]] = [:]
  /// What is not understood here: the command itself says what is wrong with it.
  var rest: [String] = []

  init(_ words: ArraySlice<String>, _ keys: CommandKeys) {
    var words = words
    let positional = keys.keys.filter(\.isPositional)
    var place = 0
    while let word = words.popFirst() {
      if word.hasPrefix("--"), word.count > 2 {
        let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
          String.init)
        guard let key = keys[parts[0]] else {
          rest.append(word)
          continue
        }
        if key.isFlag {
          values[key.name, default: []].append("")
        } else if parts.count == 2 {
          values[key.name, default: []].append(parts[1])
        } else if let value = words.popFirst() {
          values[key.name, default: []].append(value)
        } else {
          rest.append(word)
        }
      } else if !word.hasPrefix("-"), place < positional.count {
        values[positional[place].name, default: []].append(word)
        if !positional[place].isRepeating { place += 1 }
      } else {
        rest.append(word)
      }
    }
  }
}
