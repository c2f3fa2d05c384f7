public import ArgumentParser
public import Engine

extension ExecutionOptions.Precision: ExpressibleByArgument {}
