extension Registry {
  /// A file that torchvision publishes, and the model whose weights it holds.
  public struct PublishedFile: Sendable {
    /// The model.
    public let entry: ModelEntry
    /// The weights.
    public let weights: PublishedWeights

    /// What both are called together: `resnet18@imagenet1k_v1`.
    public var name: String { "\(entry.name)@\(weights.tag)" }
  }

  /// What torchvision publishes as a file of a name, `resnet18-f37072fd.pth`; `nil` when that is none of its names.
  public static func published(file name: String) -> PublishedFile? {
    published { $0.file == name }
  }

  /// What torchvision publishes as a file of a digest; `nil` when no name has its beginning.
  /// - Parameter sha256: In hexadecimal digits.
  public static func published(sha256: String) -> PublishedFile? {
    published { weights in weights.digest.map { sha256.lowercased().hasPrefix($0) } ?? false }
  }

  private static func published(_ isMeant: (PublishedWeights) -> Bool) -> PublishedFile? {
    for entry in models {
      if let weights = entry.publishedWeights.first(where: isMeant) {
        return PublishedFile(entry: entry, weights: weights)
      }
    }
    return nil
  }
}

extension PublishedWeights {
  /// The hexadecimal digits in the file's name, with which its SHA-256 begins: `f37072fd`.
  public var digest: String? {
    guard let dot = file.lastIndex(of: ".") else { return nil }
    let stem = file[..<dot]
    guard let dash = stem.lastIndex(of: "-") else { return nil }
    let digits = stem[stem.index(after: dash)...]
    return digits.count >= 8 && digits.allSatisfy(\.isHexDigit) ? digits.lowercased() : nil
  }
}
