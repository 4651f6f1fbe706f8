/// The program's version, as `yizhand version` and the metrics name it.
public enum Version {
  /// Semantic version (semver.org).
  public static let text = "0.1.0"
}
