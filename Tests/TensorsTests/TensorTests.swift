import Tensors
import Testing

@Suite struct TensorTests {
  /// Memory that a test lends to tensors and watches.
  private final class Lender: Sendable {
    let start: UInt
    let count: Int
    var bytes: UnsafeRawBufferPointer {
      UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: start), count: count)
    }
    private let onEnd: @Sendable () -> Void

    init(_ elements: [Float], onEnd: @escaping @Sendable () -> Void = {}) {
      let memory = UnsafeMutableBufferPointer<Float>.allocate(capacity: elements.count)
      _ = memory.initialize(from: elements)
      start = UInt(bitPattern: memory.baseAddress)
      count = elements.count * 4
      self.onEnd = onEnd
    }

    deinit {
      UnsafeMutableRawPointer(bitPattern: start)?.deallocate()
      onEnd()
    }
  }

  private func address(_ tensor: Tensor) -> UInt { tensor.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }

  private func set(_ tensor: inout Tensor, _ index: Int, to value: Float) {
    tensor.withUnsafeMutableBytes { $0.storeBytes(of: value, toByteOffset: 4 * index, as: Float.self) }
  }

  @Test func holdsItsElements() {
    let tensor = Tensor([1, 2, 3, 4, 5, 6] as [Int16], shape: [2, 3])
    #expect(tensor.elements(as: Int16.self) == [1, 2, 3, 4, 5, 6])
    #expect((tensor.dtype, tensor.shape, tensor.count, tensor.byteCount) == (.int16, [2, 3], 6, 12))
    #expect(Tensor(scalar: 7.5).elements(as: Double.self) == [7.5])
    #expect(Tensor(zeros: [5]).elements(as: Float.self) == [0, 0, 0, 0, 0])
    #expect(Tensor(zeros: [0, 3]).elements(as: Float.self) == [])
  }

  @Test func aCopySharesMemoryUntilOneIsWritten() {
    var first = Tensor([1, 2, 3] as [Float], shape: [3])
    var second = first
    #expect(address(first) == address(second))
    set(&second, 0, to: 9)
    #expect(first.elements(as: Float.self) == [1, 2, 3])
    #expect(second.elements(as: Float.self) == [9, 2, 3])
    // Each is now the only owner of its memory and writes in place.
    let places = [address(first), address(second)]
    set(&first, 1, to: 8)
    set(&second, 1, to: 7)
    #expect([address(first), address(second)] == places)
    #expect(first.elements(as: Float.self) == [1, 8, 3])
  }

  @Test func aReshapedTensorIsAValueOfItsOwn() {
    let matrix = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    var line = matrix.reshaped(to: [4])
    #expect(address(line) == address(matrix))
    set(&line, 3, to: 0)
    #expect(matrix.elements(as: Float.self) == [1, 2, 3, 4])
    #expect(line.elements(as: Float.self) == [1, 2, 3, 0])
  }

  @Test func borrowedMemoryIsReadInPlaceAndNeverWritten() {
    let lender = Lender([1, 2, 3])
    var tensor = Tensor([3], dtype: .float32, borrowing: lender.bytes, owner: lender)
    #expect(address(tensor) == lender.start)
    set(&tensor, 2, to: 5)
    #expect(address(tensor) != lender.start)
    #expect(tensor.elements(as: Float.self) == [1, 2, 5])
    #expect(Array(lender.bytes.bindMemory(to: Float.self)) == [1, 2, 3])
  }

  @Test func aBorrowingTensorKeepsTheOwnerAlive() async {
    await confirmation { ended in
      var tensor: Tensor? = {
        let lender = Lender([4, 5]) { ended() }
        return Tensor([2], dtype: .float32, borrowing: lender.bytes, owner: lender)
      }()
      #expect(tensor?.elements(as: Float.self) == [4, 5])
      tensor = nil
    }
  }

  @Test func identityIsByBits() {
    let tensor = Tensor([.nan, 0] as [Float], shape: [2])
    #expect(tensor.isIdentical(to: Tensor([.nan, 0] as [Float], shape: [2])))
    #expect(!tensor.isIdentical(to: Tensor([.nan, -0.0] as [Float], shape: [2])))
    #expect(!tensor.isIdentical(to: tensor.reshaped(to: [2, 1])))
    #expect(!Tensor(zeros: [1], dtype: .int32).isIdentical(to: Tensor(zeros: [1])))
  }

  /// Small ones on cache lines, large ones on pages of 2 MiB, which Linux can map at once.
  @Test(arguments: [1, 1 << 20, 1 << 21])
  func memoryIsAligned(count: Int) {
    let tensor = Tensor(zeros: [count])
    #expect(address(tensor) % (count >= 1 << 20 ? 2 << 20 : 64) == 0)
  }

  @Test func initializationMayThrow() {
    struct Refusal: Error {}
    #expect(throws: Refusal.self) {
      try Tensor([1000], dtype: .float32) { _ throws(Refusal) in throw Refusal() }
    }
  }

  @Test func programmersMistakesTrap() async {
    await #expect(processExitsWith: .failure) { _ = Tensor([1, 2] as [Float], shape: [3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor(zeros: [2]).elements(as: Double.self) }
    await #expect(processExitsWith: .failure) { _ = Tensor(zeros: [2]).reshaped(to: [3]) }
    await #expect(processExitsWith: .failure) { _ = Tensor(zeros: [.max], dtype: .float32) }
  }
}
