/// The version of the project: host and CLI are released together. It stands where both can see it.
public enum Version {
  /// Semantic version (semver.org).
  public static let text = "0.1.0"
}
