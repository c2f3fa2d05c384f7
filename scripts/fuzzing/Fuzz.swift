// What libFuzzer calls with each input: everything that reading a stranger's file does. See scripts/fuzz.
import Checkpoint

#if canImport(Glibc)
  import Glibc
#endif

/// The input's file: in memory, the same for all inputs.
private let path = "/dev/shm/zoo-fuzz-\(getpid())"

private func write(_ bytes: UnsafeRawBufferPointer) {
  let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { fatalError("\(path) cannot be written") }
  var done = 0
  while done < bytes.count {
    let count = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
    guard count > 0 else { fatalError("\(path) cannot be written") }
    done += count
  }
  close(descriptor)
}

/// Reads all of a file, and what it means.
private func read() throws {
  let file = try CheckpointFile(opening: path)
  _ = file.contents.json()
  for tensor in file.contents.tensors.prefix(64) where tensor.byteCount < 64 << 20 {
    _ = try? file.read(tensor)
    _ = try? file.view(tensor)
  }
  let snapshot = KerasLayouts.torch(try file.snapshot())
  for source in snapshot.allTensors.values.prefix(64) where source.byteCount < 64 << 20 {
    _ = try? source.tensor(.view)
  }
}

/// Takes one input of libFuzzer's.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  write(UnsafeRawBufferPointer(start: data, count: count))
  do {
    try read()
  } catch let error where error is CheckpointError {
    return 0
  } catch {
    fatalError("an error that is no CheckpointError: \(error)")
  }
  return 0
}
