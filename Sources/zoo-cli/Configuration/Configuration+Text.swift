import ArgumentParser
import Checkpoint
import Foundation
import Training

extension Configuration {
  /// Where runs keep it.
  static let fileName = "config.yaml"

  /// What a repetition must choose anew.
  private static let ofOneRun: Set<String> = ["run", "store", "config"]

  /// Under what the help has what a file of `--from` says where nothing else does.
  private static let sectionsOfOrigin: Set<String> = ["Optimizer", "Schedule"]

  /// Every setting as YAML, the defaults too, so that `zoo train --config` of it repeats the run.
  /// - Parameter resolved: What the training found for settings that depend on the machine or on others, in place of what
  ///   was said of them; `nil` for what is left out. What a file of `--from` decides is left to it.
  func yaml(_ resolved: [String: String?]) -> String {
    var lines = [
      "# What this run was told, with the defaults of the time: 'zoo train --config' of this file repeats it."
    ]
    var section = ""
    let hasOrigin = settings.contains { $0.key.name == "from" }
    for key in keys.keys where !Self.ofOneRun.contains(key.name) && !keys.isOpposite(key) {
      let said = text(of: key)
      if hasOrigin, said == nil, Self.sectionsOfOrigin.contains(key.section) { continue }
      let found = resolved[key.name].map { $0.map(SettingsText.value) }
      guard let value = found ?? (said ?? standard(key)) else { continue }
      if key.section != section {
        section = key.section
        lines.append("\n# \(section)")
      }
      lines.append("\(key.name): \(value)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func standard(_ key: CommandKeys.Key) -> String? {
    guard key.isFlag else { return key.defaultValue.map(SettingsText.value) }
    // Of a flag with an opposite the help names the one of both that is the default.
    guard keys.opposite(of: key) != nil else { return "false" }
    return key.defaultValue.map { $0 == "--\(key.name)" ? "true" : "false" }
  }

  /// What was said of a key, as YAML.
  private func text(of key: CommandKeys.Key) -> String? {
    if key.isFlag {
      if settings.contains(where: { $0.key.name == key.name }) { return "true" }
      return settings.contains { $0.key.name == "no-" + key.name } ? "false" : nil
    }
    guard let values = settings.last(where: { $0.key.name == key.name })?.values, let last = values.last else {
      return nil
    }
    // Where one value is asked for, a list is the same with commas between.
    guard key.isRepeating || last.utf8.count > SettingsText.widest && last.contains(",") else {
      return SettingsText.value(last)
    }
    return SettingsText.list(
      key.isRepeating ? values : last.split(separator: ",", omittingEmptySubsequences: false).map(String.init))
  }

  /// Each key with its value and where that comes from.
  var explanation: [(key: String, value: String, source: String)] {
    keys.keys.filter { !keys.isOpposite($0) && $0.name != "config" }.map { key in
      let said = settings.last { $0.key.name == key.name || $0.key.name == "no-" + key.name && keys.isOpposite($0.key) }
      let source =
        switch said?.source {
        case .line: "command line"
        case .file(let path): path
        case .standard, nil: "default"
        }
      return (key.name, text(of: key) ?? standard(key) ?? Self.unsaid(key), source)
    }
  }

  /// What the help says about the default of what has no fixed one.
  private static func unsaid(_ key: CommandKeys.Key) -> String {
    guard let start = key.summary.range(of: "(default: "), let end = key.summary[start.upperBound...].lastIndex(of: ")")
    else {
      return key.isFlag ? "false" : "-"
    }
    return String(key.summary[start.upperBound..<end])
  }
}
