import Layers
import Tensors
import Testing

@Suite struct ShapeTests {
  /// The description of the error that a module gives for an input.
  private func error(_ module: some Module, _ input: Shape, channels: Int? = nil) -> String? {
    let graph = Graph(inputChannels: channels ?? input[0], module)
    let thrown = #expect(throws: LayersError.self) { try graph.shapes(input: input) }
    return thrown?.description
  }

  private func output(_ module: some Module, _ input: Shape) throws -> Shape? {
    try Graph(inputChannels: input[0], module).shapes(input: input).last
  }

  @Test func shapesHoldTheInputAndEveryResult() throws {
    let graph = Graph(
      inputChannels: 3,
      Sequential {
        Conv2d(3, 8, kernel: 3, stride: 2, padding: 1)
        ReLU()
        ZeroPad2d(Sides(left: 1, right: 2, top: 3, bottom: 4))
        LocalResponseNorm(5)
        AdaptiveAvgPool2d(Pair(2, 5))
        Dropout()
        Flatten()
        Linear(80, 10)
      })
    #expect(
      try graph.shapes(input: [3, 9, 16]) == [
        [3, 9, 16], [8, 5, 8], [8, 5, 8], [8, 12, 11], [8, 12, 11], [8, 2, 5], [8, 2, 5], [80], [10],
      ])
  }

  @Test func joinsKeepOrAddChannels() throws {
    let branches = Concat {
      Conv2d(4, 6, kernel: 1)
      Sequential([])
      MaxPool2d(3, stride: 1, padding: 1)
    }
    #expect(try output(branches, [4, 5, 7]) == [14, 5, 7])
    #expect(try output(Residual(Conv2d(4, 4, kernel: 3, padding: 1)), [4, 5, 7]) == [4, 5, 7])
  }

  @Test func aKernelThatDoesNotFitIsNamed() {
    let network = Sequential([
      "features": Sequential {
        Conv2d(3, 64, kernel: 1)
        ReLU()
        MaxPool2d(2)
        Conv2d(64, 8, kernel: 3)
      }
    ])
    #expect(
      error(network, [3, 4, 4]) == "features.3: kernel 3 does not fit [1, 64, 2, 2]; "
        + "the smallest square image that this network takes is 6x6")
    #expect(
      error(Conv2d(1, 1, kernel: Pair(3, 5), padding: Pair(0, 1), dilation: 2), [1, 9, 6])
        == "kernel 3x5 with dilation 2 does not fit [1, 1, 9, 6] with padding 0x1")
  }

  @Test func impossibleAttributesAreNamed() {
    let image: Shape = [4, 8, 8]
    func inside(_ module: some Module) -> String? { error(Sequential([module]), image) }
    #expect(inside(Conv2d(4, 4, kernel: 3, stride: 0)) == "0: the stride is 0, but must be at least 1")
    #expect(inside(Conv2d(4, 4, kernel: 3, padding: -1)) == "0: the padding is -1, but must be at least 0")
    #expect(inside(Conv2d(4, 4, kernel: 3, dilation: 0)) == "0: the dilation is 0, but must be at least 1")
    #expect(inside(Conv2d(4, 4, kernel: 3, groups: 0)) == "0: the number of groups is 0, but must be at least 1")
    #expect(
      inside(Conv2d(4, 6, kernel: 3, groups: 4)) == "0: 4 groups must divide both 4 input and 6 output channels")
    #expect(inside(Conv2d(4, 0, kernel: 3)) == "0: the number of output channels is 0, but must be at least 1")
    #expect(inside(MaxPool2d(0)) == "0: the kernel is 0, but must be at least 1")
    #expect(inside(MaxPool2d(3, padding: 2)) == "0: padding 2 is more than half of kernel 3")
    #expect(inside(AdaptiveAvgPool2d(0)) == "0: the output size is 0, but must be at least 1")
    #expect(inside(ZeroPad2d(-1)) == "0: the padding at the left is -1, but must be at least 0")
    #expect(inside(Dropout(1)) == "0: the dropout probability is 1.0, but must be at least 0 and below 1")
    #expect(inside(Dropout(.nan)) == "0: the dropout probability is nan, but must be at least 0 and below 1")
    #expect(inside(BatchNorm2d(4, epsilon: 0)) == "0: epsilon is 0.0, but must be a positive number")
    #expect(inside(BatchNorm2d(4, momentum: 2)) == "0: momentum is 2.0, but must be in 0...1")
    #expect(inside(LocalResponseNorm(0)) == "0: the number of channels to sum over is 0, but must be at least 1")
    #expect(
      inside(LocalResponseNorm(5, alpha: .infinity)) == "0: alpha inf, beta 0.75 and k 1.0 must be finite")
  }

  @Test func mismatchedInputsAreNamed() {
    let image: Shape = [4, 8, 8]
    func inside(_ module: some Module) -> String? { error(Sequential([module]), image) }
    #expect(inside(Conv2d(3, 4, kernel: 3)) == "0: takes 3 channels, but its input is [1, 4, 8, 8]")
    #expect(inside(BatchNorm2d(3)) == "0: takes 3 channels, but its input is [1, 4, 8, 8]")
    #expect(inside(Linear(256, 2)) == "0: takes 256 features, but its input is [1, 4, 8, 8]: flatten it before")
    #expect(inside(Sequential([Flatten(), Linear(255, 2)])) == "0.1: takes 255 features, but its input is [1, 256]")
    #expect(
      inside(Sequential([Flatten(), MaxPool2d(2)])) == "0.1: takes an image [N, C, H, W], but its input is [1, 256]")
    #expect(
      inside(Residual(Conv2d(4, 6, kernel: 1))) == "0: cannot add [1, 6, 8, 8] and [1, 4, 8, 8]: both need one shape")
    #expect(
      inside(Concat([Conv2d(4, 6, kernel: 3), Sequential([])]))
        == "0: cannot concatenate [1, 6, 6, 6] and [1, 4, 8, 8]: all axes but the channels must agree")
  }

  @Test func theInputIsChecked() {
    #expect(
      error(ReLU(), [1, 8, 8], channels: 3) == "the network takes images of 3 channels, but the input is [1, 8, 8]")
    #expect(
      error(ReLU(), [3, 0, 8]) == "images are [C, H, W] with no empty axis, but the input is [3, 0, 8]")
    #expect(error(ReLU(), [3, 8]) == "images are [C, H, W] with no empty axis, but the input is [3, 8]")
  }

  @Test func hugeNumbersAreErrorsAndDoNotOverflow() {
    let huge = Int(Int32.max)
    func fails(_ module: some Module, _ input: Shape) -> Bool { error(module, input) != nil }
    #expect(fails(ZeroPad2d(Sides(left: .max, right: .max, top: 0, bottom: 0)), [1, 8, 8]))
    #expect(fails(Sequential([ZeroPad2d(Sides(left: huge, right: huge, top: 0, bottom: 0))]), [1, 8, 8]))
    #expect(fails(MaxPool2d(Pair(.max), stride: Pair(.max), dilation: Pair(.max)), [1, 8, 8]))
    #expect(fails(MaxPool2d(Pair(huge), stride: Pair(huge), dilation: Pair(huge)), [1, 8, 8]))
    #expect(fails(AdaptiveAvgPool2d(Pair(huge)), [8, 8, 8]))
    #expect(fails(ReLU(), [1, huge + 1, 1]))
    #expect(fails(Conv2d(1, 1, kernel: 1, padding: Pair(huge)), [1, 8, 8]))
    let wide = Concat((0..<3).map { _ in AdaptiveAvgPool2d(1) })
    #expect(fails(wide, [huge - 1, 1, 1]))
  }

  @Test func theSmallestImageIsFound() {
    let network = Sequential([Conv2d(3, 4, kernel: 11, stride: 4, padding: 2), MaxPool2d(3, stride: 2)])
    #expect(Graph(inputChannels: 3, network).minimumInputSize == 15)
    // Exactly one size fits, and larger ones do not.
    let exact = Sequential([Flatten(), Linear(3 * 9 * 9, 2)])
    #expect(Graph(inputChannels: 3, exact).minimumInputSize == 9)
    #expect(Graph(inputChannels: 3, Conv2d(4, 4, kernel: 1)).minimumInputSize == nil)
  }
}
