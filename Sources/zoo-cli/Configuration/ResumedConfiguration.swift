import Checkpoint
import Engine
import Training

/// The settings file of a run that goes on with other settings.
///
/// A training of the file goes by the new settings from its first step on: it repeats what the run does from now on, and the
/// comment at the head says what was otherwise before.
struct ResumedConfiguration {
  /// The keys of `zoo train` and their values as YAML.
  private let changes: [(key: String, value: String)]

  /// What a resume is to have different.
  init(_ changes: ResumeChanges) {
    let all: [(String, String?)] = [
      ("epochs", changes.epochs.map { "\($0)" }), ("data", changes.data.map(SettingsText.value)),
      ("val", changes.validation.map(SettingsText.value)), ("threads", changes.threads.map { "\($0)" }),
      ("workers", changes.workers.map { "\($0)" }), ("device", changes.device.map(SettingsText.value)),
      ("precision", changes.precision?.rawValue),
      ("early-stop", changes.earlyStoppingPatience.map { $0 == 0 ? "null" : "\($0)" }),
      ("deterministic", changes.isDeterministic.map { "\($0)" }),
    ]
    self.changes = all.compactMap { key, value in value.map { (key, $0) } }
  }

  /// The file with the changes; `nil` when it says the same already.
  /// - Parameter place: From where on they hold: `epoch 3`.
  func text(changing text: String, from place: String) -> String? {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var said: [String] = []
    for (key, value) in changes {
      let line = "\(key): \(value)"
      if let index = lines.firstIndex(where: { $0.hasPrefix("\(key):") }) {
        guard lines[index] != line else { continue }
        said.append("\(line) in place of \(lines[index].dropFirst(key.count + 1).drop { $0 == " " })")
        lines[index] = line
        // A list can take several lines.
        while index + 1 < lines.count, lines[index + 1].first == " " || lines[index + 1].first == "-" {
          lines.remove(at: index + 1)
        }
      } else {
        if lines.last == "" { lines.removeLast() }
        lines += [line, ""]
        said.append(line)
      }
    }
    guard !said.isEmpty else { return nil }
    let head = lines.firstIndex { !$0.hasPrefix("#") } ?? lines.count
    // Long paths would make lines that a settings file may not have.
    lines.insert(
      contentsOf: said.map { "# 'zoo resume' changed from \(place) on: \($0.prefix(200))" }, at: head)
    return lines.joined(separator: "\n")
  }

  /// Brings the file of a run up to date, where it has one.
  func write(to run: Run, from place: String) throws {
    let path = "\(run.folder)/\(Configuration.fileName)"
    let bytes: [UInt8]
    do {
      bytes = try PublishedFile.read(path, atMost: SettingsFile.mostBytes)
    } catch let error as CheckpointError where error.code == .notFound {
      return
    }
    guard let text = text(changing: String(decoding: bytes, as: UTF8.self), from: place) else { return }
    try PublishedFile.write(text, to: path)
  }
}
