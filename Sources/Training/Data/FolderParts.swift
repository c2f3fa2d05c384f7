import Datasets

/// A folder whose folders are parts of a dataset, `train` and `val`, and no classes.
///
/// `train` or `training` is the training part; `val`, `validation`, `valid`, `eval`, `evaluation`, `test` or `testing`, the
/// first of these, is for validation; capitals do not matter. A class may have such a name (a train is a vehicle): then
/// images lie in its folder, or other classes beside it.
struct FolderParts {
  /// The path of the training part.
  let training: String
  /// The path of the part for validation, if there is one.
  let validation: String?

  private static let trainingNames = ["train", "training"]
  private static let validationNames = ["val", "validation", "valid", "eval", "evaluation", "test", "testing"]

  /// Finds the parts; nil when the folders are classes.
  /// - Throws: `DatasetsError` when there are two training parts, or only parts for validation.
  init?(of listing: DirectoryListing, at path: String) throws(DatasetsError) {
    func found(_ names: [String]) -> [String] {
      names.flatMap { name in listing.folders.filter { $0.lowercased() == name } }
    }
    let (trainings, validations) = (found(Self.trainingNames), found(Self.validationNames))
    guard let training = trainings.first ?? validations.first else { return nil }
    // One such name alone may be a class; with both kinds there is no doubt.
    if trainings.isEmpty || validations.isEmpty {
      guard trainings.count + validations.count == listing.folders.count else { return nil }
      for name in listing.folders {
        let part = try DirectoryListing("\(path)/\(name)")
        guard part.imageFiles.isEmpty else { return nil }
      }
    }
    guard trainings.count == 1 else {
      throw DatasetsError(
        .argument, at: path,
        trainings.isEmpty
          ? "holds '\(training)' and no training images; to read that part alone, name it: \(path)/\(training)"
          : "holds several parts to train on, '\(trainings.joined(separator: "', '"))'; name one of them: "
            + "\(path)/\(training)")
    }
    self.training = "\(path)/\(training)"
    validation = validations.first.map { "\(path)/\($0)" }
  }
}
