import Checkpoint

/// The ``CheckpointError`` that `body` throws, or `nil`.
func checkpointError(_ body: () throws -> Void) -> CheckpointError? {
  do {
    try body()
    return nil
  } catch {
    return error as? CheckpointError
  }
}
