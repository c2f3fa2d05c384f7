import COneDNN
import Foundation

/// How programs are compiled and run.
public struct ExecutionOptions: Sendable, Hashable {
  /// The compute threads, never more than OpenMP gives (`OMP_THREAD_LIMIT`); results are bitwise reproducible for the same
  /// number.
  public var threads: Int { didSet { threads = Self.possible(threads) } }
  /// The numbers that convolutions and linear layers multiply.
  public var precision: Precision
  /// Whether 3×3 convolutions may use Winograd's algorithm, which is faster and rounds differently. In bfloat16 none does.
  public var allowsWinograd: Bool
  /// The algorithms of convolutions by module name, such as ``AlgorithmSearch`` finds; the engine chooses those of others.
  /// One that is asked for here where it does not apply is computed directly.
  public var algorithms: [String: ConvolutionAlgorithm]
  /// The seed of dropout masks.
  public var seed: UInt64
  /// Whether kernels of ours may stand in for oneDNN's where they are faster on this processor; tests turn them off to
  /// reach what other processors take.
  package var allowsOwnKernels = true

  /// The defaults are every core of the machine, float32 and Winograd where it is faster.
  public init(
    threads: Int = ExecutionOptions.availableThreads, precision: Precision = .float32, allowsWinograd: Bool = true,
    algorithms: [String: ConvolutionAlgorithm] = [:], seed: UInt64 = 0
  ) {
    self.threads = Self.possible(threads)
    self.precision = precision
    self.allowsWinograd = allowsWinograd
    self.algorithms = algorithms
    self.seed = seed
  }

  /// What computes: oneDNN's version and the instructions that it uses on this processor, `oneDNN 2.6.3, avx2`. Another one
  /// rounds otherwise in the last bits.
  public static var platform: String { String(cString: zdnn_platform()) }

  /// The processors that this process may use.
  public static var availableThreads: Int { possible(ProcessInfo.processInfo.activeProcessorCount) }

  private static func possible(_ threads: Int) -> Int { min(threads, max(1, Int(zdnn_thread_limit()))) }
}
