/// Fashion-MNIST: 60,000 and 10,000 gray 28×28 images of ten kinds of clothing (Xiao, Rasul, Vollgraf 2017).
public enum FashionMNIST {
  /// Where Debian's package `dataset-fashion-mnist` puts the files.
  public static let systemFolder = "/usr/share/datasets/fashion-mnist"

  /// The names of labels 0 to 9.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
  ]

  /// The mean of the training pixels, as a fraction of 255.
  public static let mean = 0.2860

  /// The standard deviation of the training pixels, as a fraction of 255.
  public static let standardDeviation = 0.3530

  /// Opens one part of the dataset.
  /// - Parameter folder: Another folder than the system package's.
  /// - Throws: ``DatasetsError``; when nothing is installed it says what to install.
  public static func dataset(_ split: IDXDataset.Split, folder: String? = nil) throws(DatasetsError) -> IDXDataset {
    if folder == nil && !DirectoryListing.isFolder(systemFolder) {
      throw DatasetsError(
        .notFound, at: systemFolder,
        "Fashion-MNIST is not installed: install the system package dataset-fashion-mnist "
          + "(apt-get install dataset-fashion-mnist), or give the folder that holds its four files")
    }
    return try IDXDataset(folder: folder ?? systemFolder, split: split, classNames: classNames)
  }
}
