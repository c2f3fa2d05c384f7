/// Channels of [N, C, H, W] that follow each other: one part of PyTorch's `chunk`.
public struct NarrowChannels: Module {
  private let start: Int
  private let count: Int

  /// The `count` channels from `start` on.
  public init(from start: Int, count: Int) {
    self.start = start
    self.count = count
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.narrow(axis: 0, start: start, count: count), at: path, inputs: [input])
  }
}

/// Groups of channels of [N, C, H, W] taken in turns (Zhang et al. 2018, "ShuffleNet"): PyTorch's `nn.ChannelShuffle`.
public struct ChannelShuffle: Module {
  private let groups: Int

  /// Channel i of group g becomes channel i·groups + g.
  public init(groups: Int) { self.groups = groups }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.channelShuffle(groups: groups), at: path, inputs: [input])
  }
}

/// Channels of zeros before and after those of [N, C, H, W], as the parameter-free shortcut of He et al. 2016 has them.
public struct PadChannels: Module {
  private let before: Int
  private let after: Int

  /// So many channels of zeros.
  public init(before: Int = 0, after: Int = 0) {
    self.before = before
    self.after = after
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.padChannels(before: before, after: after), at: path, inputs: [input])
  }
}

/// scale·x + shift with constants for each channel of [N, C, H, W]: normalisation inside a network.
public struct ChannelAffine: Module {
  private let scale: [Double]
  private let shift: [Double]

  /// One number for each channel in both.
  public init(scale: [Double], shift: [Double]) {
    self.scale = scale
    self.shift = shift
  }

  /// See ``Module/emit(into:at:input:)``.
  public func emit(into builder: inout GraphBuilder, at path: ModulePath, input: Graph.Value) -> Graph.Value {
    builder.add(.channelAffine(scale: scale, shift: shift), at: path, inputs: [input])
  }
}
