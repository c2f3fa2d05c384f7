#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// This test program again, as a process of its own that can be killed.
public struct ChildProcess {
  /// The environment variable that tells a child what to do, and in which folder.
  public static let variable = "ZOO_CHECKPOINT_TEST_CHILD"

  /// The folder for a child of the given job; `nil` in every other process.
  public static func folder(of job: String) -> String? {
    guard let value = getenv(variable).map({ String(cString: $0) }), value.hasPrefix(job + ":") else { return nil }
    return String(value.dropFirst(job.count + 1))
  }

  /// Its number.
  public let process: Int32

  /// Starts a child that runs the one test `filter`, with the given job and folder.
  public init(filter: String, job: String, folder: String) throws {
    let arguments = ["zoo-tests", "--testing-library", "swift-testing", "--filter", filter]
    let environment = ["\(Self.variable)=\(job):\(folder)"] + Self.inherited
    var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
    defer { for pointer in pointers + variables { free(pointer) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var process: pid_t = 0
    guard posix_spawn(&process, "/proc/self/exe", &actions, nil, &pointers, &variables) == 0 else { throw Failure() }
    self.process = process
  }

  /// The child could not be started, or did not do its work.
  public struct Failure: Error {}

  /// What the child needs to find its libraries.
  private static var inherited: [String] {
    ["LD_LIBRARY_PATH", "HOME", "TMPDIR"].compactMap { (name: String) in
      getenv(name).map { "\(name)=\(String(cString: $0))" }
    }
  }

  /// Waits until something is there, 30 seconds at most.
  public func wait(for path: String) throws {
    for _ in 0..<6000 {
      if access(path, F_OK) == 0 { return }
      usleep(5000)
    }
    kill()
    throw Failure()
  }

  /// Waits until the child has ended.
  /// - Returns: Whether it was killed; `false` when it ended by itself.
  public func wasKilled() -> Bool {
    var status: Int32 = 0
    waitpid(process, &status, 0)
    return status & 0x7F == SIGKILL
  }

  /// Ends the child at once, as a crash or the kernel would, and waits until it is gone.
  public func kill() {
    #if canImport(Glibc)
      _ = Glibc.kill(process, SIGKILL)
    #else
      _ = Darwin.kill(process, SIGKILL)
    #endif
    var status: Int32 = 0
    waitpid(process, &status, 0)
  }
}
