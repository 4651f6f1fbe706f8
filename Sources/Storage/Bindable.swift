/// A value that can stand for a placeholder in a statement.
public protocol Bindable: Sendable {
  /// Binds the value to the placeholder that `target` is at.
  func bind(to target: BindingTarget)
}

extension String: Bindable {
  /// Binds as text.
  public func bind(to target: BindingTarget) { target.bind(text: self) }
}

extension Substring: Bindable {
  /// Binds as text.
  public func bind(to target: BindingTarget) { target.bind(text: String(self)) }
}

extension Int: Bindable {
  /// Binds as an integer.
  public func bind(to target: BindingTarget) { target.bind(integer: Int64(self)) }
}

extension Int32: Bindable {
  /// Binds as an integer.
  public func bind(to target: BindingTarget) { target.bind(integer: Int64(self)) }
}

extension Int64: Bindable {
  /// Binds as an integer.
  public func bind(to target: BindingTarget) { target.bind(integer: self) }
}

extension Double: Bindable {
  /// Binds as a floating-point number; SQLite keeps NaN as NULL.
  public func bind(to target: BindingTarget) { target.bind(real: self) }
}

extension Bool: Bindable {
  /// Binds as the integer 1 or 0.
  public func bind(to target: BindingTarget) { target.bind(integer: self ? 1 : 0) }
}

extension [UInt8]: Bindable {
  /// Binds as a blob.
  public func bind(to target: BindingTarget) { target.bind(blob: self) }
}

extension Instant: Bindable {
  /// Binds as an integer, milliseconds since 1970.
  public func bind(to target: BindingTarget) { target.bind(integer: milliseconds) }
}

extension Optional: Bindable where Wrapped: Bindable {
  /// Binds the value, or NULL.
  public func bind(to target: BindingTarget) {
    switch self {
    case .some(let value): value.bind(to: target)
    case .none: target.bindNull()
    }
  }
}
