#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension WeightStore {
  /// Registers a file: copies it into the store, and gives it a name.
  /// - Parameters:
  ///   - path: A file that holds everything itself.
  ///   - name: What it will be called.
  ///   - model: The architecture.
  ///   - classes: The classes.
  ///   - fileName: What the copy is called; as the file unless given.
  ///   - replaces: Whether a name that is there may get other weights.
  /// - Throws: ``CheckpointError``: of code `exists` when the name stands for another file and may not be replaced.
  @discardableResult
  public func add(
    _ path: String, named name: String, model: String?, classes: Int?, fileName: String? = nil, replaces: Bool = false
  ) throws -> RegisteredWeights {
    try WeightName.check(name)
    let source = try OpenFile(path, .read)
    try FileKind.checkOrdinary(source)
    let lock = try self.lock()
    defer { withExtendedLifetime(lock) {} }
    let fileName = fileName ?? FilePath.name(of: path)
    let staged = try Publication(of: Folder(path: folder).appending("adding"))
    let size = try source.size()
    let sha256 = try copy(source, count: size, to: staged.file, path: path)
    let weights = RegisteredWeights(
      name: name, sha256: sha256, fileName: fileName, byteCount: size, model: model, classes: classes,
      added: Timestamp.now())
    if let known = try? self.weights(named: name), known.sha256 != sha256, !replaces {
      throw CheckpointError(
        .exists,
        "the name '\(name.terminalEscaped)' stands for '\(known.fileName.terminalEscaped)' already; '--replace' gives it "
          + "to this file, '--name' chooses another")
    }
    let replaced = try? self.weights(named: name)
    let target = filePath(weights)
    try Folder(path: fileFolder(sha256)).create()
    if !FileStatus.exists(target) || (try? FileDigest.sha256(of: target)) != sha256 {
      try staged.publish(as: target)
    }
    try PublishedFile.write(weights.json.text(indented: true) + "\n", to: notePath(name))
    if let replaced, replaced.sha256 != sha256 || replaced.fileName != fileName { try removeFile(of: replaced) }
    return weights
  }

  /// Removes a name, and its file unless another name stands for it too.
  /// - Throws: ``CheckpointError/Code/notFound`` with the names that there are, the nearest first.
  @discardableResult
  public func remove(_ name: String) throws -> String {
    guard WeightName.problem(name) == nil, FileStatus.exists(notePath(name)) else { throw try unknown(name) }
    let lock = try self.lock()
    defer { withExtendedLifetime(lock) {} }
    // Of what cannot be read the name goes all the same.
    let weights = try? self.weights(named: name)
    let path = notePath(name)
    try SystemCall.check(path, "remove") { unlink(path) }
    try Folder(path: folder).synchronize()
    guard let weights else { return "" }
    try removeFile(of: weights)
    return weights.fileName
  }

  /// The error for a name that nothing is registered under.
  func unknown(_ name: String) throws -> CheckpointError {
    let names = RunName.nearest(try contents().weights.map(\.name), to: name)
    let known =
      names.isEmpty
      ? "none are registered; 'zoo weights add FILE' registers a file"
      : "there are: \(names.prefix(10).map(\.terminalEscaped).joined(separator: ", "))\(names.count > 10 ? ", …" : "")"
    return CheckpointError(.notFound, "no weights are called '\(name.terminalEscaped)'; \(known)")
  }

  /// Copies bytes and gives their digest.
  private func copy(_ source: OpenFile, count: Int, to target: OpenFile, path: String) throws -> String {
    do {
      try target.reserve(count)
      var sum = SHA256Sum()
      var done = 0
      try source.forEachPiece(of: count, at: 0) { piece in
        sum.update(piece)
        try target.write(piece, at: done)
        target.startWriting(piece.count, at: done)
        done += piece.count
      }
      try target.synchronize()
      return sum.hexadecimal()
    } catch let error as CheckpointError where error.code == .noSpace {
      throw CheckpointError(.noSpace, path: folder, "there is no room for a copy of '\(path.terminalEscaped)'")
    }
  }

  /// Removes a file that no name stands for any more.
  private func removeFile(of weights: RegisteredWeights) throws {
    let others = try contents().weights
    guard !others.contains(where: { $0.sha256 == weights.sha256 && $0.fileName == weights.fileName }) else { return }
    unlink(filePath(weights))
    // Empty folders only.
    rmdir(fileFolder(weights.sha256))
  }

  /// Keeps others from changing the store meanwhile.
  private func lock() throws -> OpenFile {
    try Folder(path: folder).create()
    let file = try OpenFile(Folder(path: folder).appending(".lock"), .readWrite)
    while flock(file.descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw SystemCall.error(errno, path: folder, doing: "lock the store") }
    }
    return file
  }
}
