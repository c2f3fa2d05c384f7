import Checkpoint
import Layers
import Tensors

/// What stands for a value of an ONNX graph while it becomes a network: a value of the network, or a step of a pattern
/// whose other steps are still to come.
enum ImportedValue {
  /// A value of the network.
  case value(Int)
  /// scale·x + shift of a value, with one number or one for each channel.
  case affine(Int, scale: [Double], shift: [Double])
  /// scale·erf(x/√2) + shift of a value: a part of GELU.
  case erf(Int, scale: Double, shift: Double)
  /// A tensor of the file.
  case constant(Constant)
  /// Whole numbers that shapes are made of.
  case integers(Integers)
  /// The mean of a value along its last axis, which stays with the extent 1.
  case mean(Int)
  /// A value less its ``mean``.
  case centred(Int)
  /// The square of ``centred``.
  case squares(Int)
  /// The variance of a value along its last axis, plus a number.
  case variance(Int, epsilon: Double)
  /// The root of ``variance``.
  case deviation(Int, epsilon: Double)
  /// ``centred`` by ``deviation``, times a weight.
  case normalized(Int, epsilon: Double, weight: Constant?)
  /// [C, H, W] as [groups, C/groups, H, W], or with these two turned.
  case grouped(Int, groups: Int, isTurned: Bool)
  /// What could not be translated.
  case unknown

  /// A tensor of the file.
  struct Constant {
    /// Its elements; with ``isTransposed`` a matrix is meant the other way round.
    let source: TensorSource
    /// What the file calls it; empty for what is made here.
    let name: String
    /// Whether the matrix of the extents ``base`` is turned.
    var isTransposed = false
    /// Other extents of the same elements, in the same order.
    var view: Shape?
    /// Whether whole numbers were made floating-point ones.
    var isFloat = false

    /// The extents before the matrix is turned.
    var base: Shape { view ?? source.shape }
    /// The extents that are meant.
    var shape: Shape { isTransposed ? Shape(base.dimensions.reversed()) : base }
  }

  /// Whole numbers, some of which may be the number of images, whatever it is.
  struct Integers {
    /// One of them.
    enum Number: Hashable, CustomStringConvertible {
      case known(Int)
      case batch

      var description: String {
        switch self {
        case .known(let number): "\(number)"
        case .batch: "the number of images"
        }
      }
    }

    let numbers: [Number]
    /// The extents: none for a number alone, one for a vector, or two.
    let extents: [Int]
    /// Whether they were made floating-point numbers, which divide otherwise.
    var isFloat = false
    /// Whether they are quotients, rounded down, that do not come out even: only what rounds them may take them.
    var isQuotient = false

    /// A vector.
    init(_ numbers: [Number]) { self.init(numbers, extents: [numbers.count]) }

    /// Numbers of any extents, row by row.
    init(_ numbers: [Number], extents: [Int]) {
      self.numbers = numbers
      self.extents = extents
    }

    /// Some of these numbers, or the same under other extents: of the same type.
    func with(_ numbers: [Number], extents: [Int]) -> Integers {
      var result = Integers(numbers, extents: extents)
      (result.isFloat, result.isQuotient) = (isFloat, isQuotient)
      return result
    }

    /// More numbers stand for no shape of a network.
    static let most = 64

    var isVector: Bool { extents.count == 1 }

    /// Those that do not depend on the images; `nil` when one does.
    var known: [Int]? {
      let known = numbers.compactMap { if case .known(let number) = $0 { number } else { nil } }
      return known.count == numbers.count ? known : nil
    }
  }
}

/// Why a node cannot be translated: a sentence about it, fit for a terminal.
struct Untranslatable: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}
