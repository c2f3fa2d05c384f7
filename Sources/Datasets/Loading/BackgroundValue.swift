/// A value that a thread makes while others go on; who needs it waits for it.
final class BackgroundValue<Value: Sendable>: Sendable {
  private let result: Monitor<Result<Value, DatasetsError>?>

  /// Starts to make the value. When there is no thread to be had, it is made here and now.
  init(_ make: @escaping @Sendable () throws(DatasetsError) -> Value) {
    let result = Monitor<Result<Value, DatasetsError>?>(nil)
    self.result = result
    let body: @Sendable () -> Void = {
      let made: Result<Value, DatasetsError>
      do throws(DatasetsError) { made = .success(try make()) } catch { made = .failure(error) }
      result.change { $0 = made }
    }
    do throws(DatasetsError) {
      // Not joined: a program that ends early need not wait for it.
      try WorkerThread(body).detach()
    } catch {
      body()
    }
  }

  /// The value, once it is made.
  func value() throws(DatasetsError) -> Value { try result.wait { $0 }.get() }
}
