import OrderedCollections

/// What scripts of PyTorch save beside net and optimizer, under names that have become customs.
///
/// An entry that a snapshot has a place for, and that can be written again as it was, is taken into the snapshot. Others,
/// such as a model's name under another key, only inform it, and stay where they are.
enum TorchCustoms {
  /// An entry of the dictionary that a file is.
  struct Entry {
    let key: String
    let value: Value
  }

  private static let architecture = "arch"
  private static let classNames = "class_names"
  private static let scheduler = "scheduler"

  /// Takes in what is known.
  /// - Parameters:
  ///   - container: The dictionary in which the net stands.
  ///   - isOwn: Whether zoo wrote the file. What other programs did to it since counts.
  ///   - consumed: Keys of entries of which nothing is left.
  static func read(
    _ container: Value, isOwn: Bool, into metadata: inout Snapshot, _ consumed: inout Set<String>
  ) {
    guard let entries = container.entries else { return }
    // What zoo wrote there is what it has a place for; all else came with the others.
    if let name = container[architecture]?.string, !isOwn || metadata.architecture != nil {
      metadata.architecture = name
      consumed.insert(architecture)
    }
    if let names = strings(container[classNames]), !names.isEmpty, !isOwn || !metadata.classNames.isEmpty {
      metadata.classNames = names
      consumed.insert(classNames)
    }
    for entry in entries {
      guard let key = entry.key.string, isMetric(key), let number = number(entry.value),
        !isOwn || metadata.metrics[key] != nil
      else { continue }
      metadata.metrics[key] = number
      consumed.insert(key)
    }
    if isOwn ? TorchSchedule.value(metadata.schedule) != nil : true, let value = container[scheduler],
      let schedule = TorchSchedule.json(value)
    {
      metadata.schedule = schedule
      if TorchSchedule.value(schedule) == value { consumed.insert(scheduler) }
    }
    if !isOwn { inform(&metadata, container) }
  }

  /// What other keys tell.
  private static func inform(_ metadata: inout Snapshot, _ container: Value) {
    for key in ["architecture", "model_name"] where metadata.architecture == nil {
      metadata.architecture = container[key]?.string
    }
    if metadata.classNames.isEmpty { metadata.classNames = strings(container["classes"]) ?? [] }
    guard metadata.schedule == .null else { return }
    let named = (container.entries ?? []).filter { $0.key.string?.lowercased().contains("sched") ?? false }
    for entry in named.prefix(20) {
      let value = entry.value.elements.flatMap { $0.count == 1 ? $0.first : nil } ?? entry.value
      if let schedule = TorchSchedule.json(value) {
        metadata.schedule = schedule
        return
      }
    }
  }

  /// The entries for a snapshot, which ``read(_:isOwn:into:_:)`` takes in again.
  static func entries(of metadata: Snapshot) -> [Entry] {
    var entries: [Entry] = []
    if let schedule = TorchSchedule.value(metadata.schedule) { entries.append(Entry(key: scheduler, value: schedule)) }
    if let name = metadata.architecture { entries.append(Entry(key: architecture, value: .string(name))) }
    if !metadata.classNames.isEmpty {
      entries.append(Entry(key: classNames, value: .list(metadata.classNames.map { .string($0) })))
    }
    for (key, json) in metadata.metrics.object ?? [:] where isMetric(key) {
      switch json {
      case .integer, .number: entries.append(Entry(key: key, value: Value(json)))
      default: break
      }
    }
    return entries
  }

  private static func strings(_ value: Value?) -> [String]? {
    guard let elements = value?.elements else { return nil }
    let texts = elements.compactMap(\.string)
    return texts.count == elements.count ? texts : nil
  }

  private static func number(_ value: Value) -> JSONValue? {
    switch value {
    case .integer(let number): .integer(number)
    case .number(let number): .number(number)
    default: nil
    }
  }

  private static func isMetric(_ key: String) -> Bool {
    let words = key.lowercased().split { !$0.isLetter && !$0.isNumber }
    return words.contains { metrics.contains(String($0)) }
  }

  private static let metrics: Set<String> = [
    "loss", "acc", "acc1", "acc5", "accuracy", "top1", "top5", "best", "f1", "score", "metric", "error", "auc", "map",
    "miou",
    "prec", "prec1", "prec5",
  ]
}
