#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Trained models that come with the program: folders as runs have them, called `MODEL@DATA`, with a card.
///
/// `resnet20@fashion-mnist/best.h5` is the checkpoint, `CARD.md` says how it came about.
public struct ShippedModels: Sendable {
  /// The environment variable that names the folder in which they lie.
  public static let variable = "ZOO_MODELS"

  /// The folders in which they are looked for, in this order. They need not be there.
  public let folders: [String]

  /// Models in folders.
  public init(folders: [String]) { self.folders = folders }

  /// Those that a user of this program has: in a folder of the user's, and in the one that `ZOO_MODELS` names, or else
  /// `share/zoo/models` beside the `bin` that holds the program, or `models` of the repository that it was built in.
  public static func installed(beside folder: String) -> ShippedModels {
    if let named = getenv(variable).map({ String(cString: $0) }), !named.isEmpty {
      return ShippedModels(folders: [folder, named])
    }
    return ShippedModels(folders: [folder] + (executable.map(folders) ?? []))
  }

  /// The names of all models, sorted.
  public var names: [String] {
    let found = folders.filter(FileStatus.isFolder).flatMap { folder in
      ((try? Folder(path: folder).names()) ?? []).filter { model($0, in: folder) != nil }
    }
    return Array(Set(found)).sorted()
  }

  /// The folder of a model, the first of its name.
  public func model(_ name: String) -> Run? {
    folders.lazy.compactMap { model(name, in: $0) }.first
  }

  /// What is wrong with a name, or `nil`: `MODEL@DATA` is meant.
  static func problem(_ name: String) -> String? {
    guard name.contains("@") else { return "it has no '@': 'resnet20@fashion-mnist' says the model and the data" }
    return WeightName.problem(name)
  }

  private func model(_ name: String, in folder: String) -> Run? {
    guard Self.problem(name) == nil else { return nil }
    let run = Run(name: name, folder: Folder(path: folder).appending(name))
    return run.existing(.best) == nil ? nil : run
  }

  /// Where models lie, seen from a program: `/usr/local/share/zoo/models` for `/usr/local/bin/zoo`.
  static func folders(of executable: String) -> [String] {
    let bin = FilePath.folder(of: executable)
    var folders = [Folder(path: FilePath.folder(of: bin)).appending("share/zoo/models")]
    if let build = executable.firstRange(of: "/.build/") { folders.append("\(executable[..<build.lowerBound])/models") }
    return folders
  }

  /// The path of this program, links followed.
  private static var executable: String? {
    #if os(Linux)
      let own = "/proc/self/exe"
    #else
      var size: UInt32 = 4096
      var buffer = [CChar](repeating: 0, count: Int(size))
      guard _NSGetExecutablePath(&buffer, &size) == 0 else { return nil }
      let own = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    #endif
    guard let real = realpath(own, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}

extension Run {
  /// Whether it is a model that was made to be given away: runs have no `@` in their names.
  public var isShipped: Bool { ShippedModels.problem(name) == nil }
}
