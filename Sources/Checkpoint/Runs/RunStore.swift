/// The folder in which runs live, `models` unless told otherwise: each run in a folder of its own.
public struct RunStore: Sendable {
  /// The folder. It need not be there yet.
  public let folder: String

  /// Weights whose names stand for checkpoints too; none unless given.
  let weights: WeightStore?
  /// Models that come with the program, whose names stand for checkpoints too; none unless given.
  let shipped: ShippedModels?

  /// A store in a folder.
  public init(folder: String = "models", weights: WeightStore? = nil, shipped: ShippedModels? = nil) {
    self.folder = folder
    self.weights = weights
    self.shipped = shipped
  }

  /// Makes the folder of a new run and writes its settings.
  /// - Parameters:
  ///   - name: The run's name; `nil` takes the model's, with `-2`, `-3`, … when there is one already.
  ///   - model: The architecture's name.
  ///   - settings: Everything that the training was told, kept in `settings.json`.
  /// - Throws: ``CheckpointError/Code/exists`` when there is a run of that name.
  public func createRun(_ name: String?, model: String, settings: JSONValue) throws -> Run {
    let store = Folder(path: folder)
    if let name {
      try RunName.check(name)
      try store.create()
      let run = Run(name: name, folder: store.appending(name))
      guard try Folder(path: run.folder).createNew() || isEmpty(run) else {
        throw CheckpointError(
          .exists, path: run.folder,
          "there is a run '\(name)' already; 'zoo resume \(name)' goes on with it, another --run begins a new one")
      }
      return try begin(run, settings)
    }
    try RunName.check(model)
    try store.create()
    var number = 1
    while true {
      let name = number == 1 ? model : "\(model)-\(number)"
      let run = Run(name: name, folder: store.appending(name))
      if try Folder(path: run.folder).createNew() { return try begin(run, settings) }
      number += 1
    }
  }

  private func begin(_ run: Run, _ settings: JSONValue) throws -> Run {
    try run.write(settings: settings)
    try Folder(path: folder).synchronize()
    return run
  }

  /// Whether a folder is there in which nothing was ever written, as a crash just after its making leaves it.
  private func isEmpty(_ run: Run) throws -> Bool {
    try FileStatus.isFolder(run.folder) && Folder(path: run.folder).names().isEmpty
  }

  /// A run that is there.
  /// - Throws: ``CheckpointError/Code/notFound`` with the names that are there, the nearest first.
  public func run(_ name: String) throws -> Run {
    try RunName.check(name)
    let run = Run(name: name, folder: Folder(path: folder).appending(name))
    if run.isPresent { return run }
    let names = RunName.nearest(try runNames(), to: name)
    let known =
      names.isEmpty
      ? "there are none in '\(folder.terminalEscaped)'; 'zoo train' begins one"
      : "there are: \(names.prefix(10).map(\.terminalEscaped).joined(separator: ", "))"
        + (names.count > 10 ? ", …" : "")
    throw CheckpointError(.notFound, "there is no run '\(name.terminalEscaped)'; \(known)")
  }

  /// The names of all runs, sorted.
  public func runNames() throws -> [String] {
    guard FileStatus.isFolder(folder) else { return [] }
    let store = Folder(path: folder)
    return try store.names().filter { name in
      RunName.problem(name) == nil && Run(name: name, folder: store.appending(name)).isPresent
    }
  }

  /// What is known of every run, sorted by name. A run that cannot be read says why.
  public func summaries() throws -> [RunSummary] {
    try runNames().map { RunSummary(try run($0)) }
  }
}
