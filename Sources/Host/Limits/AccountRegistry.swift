import ModuleKit
import Synchronization

/// The accounts of the principals that have called lately.
final class AccountRegistry: Sendable {
  /// Accounts kept although nobody holds them; further idle ones are dropped when use is written down.
  private static let keptLimit = 4_096

  private let settings: LimitSettings
  private let shards: Int
  private let accounts = Mutex<[String: PrincipalAccount]>([:])

  /// - Parameter loops: How many event loops there are.
  init(_ settings: LimitSettings, loops: Int) {
    self.settings = settings
    shards = loops + 1
  }

  /// The account of a principal, if it has called lately.
  func account(of id: String) -> PrincipalAccount? { accounts.withLock { $0[id] } }

  /// Makes the account of a principal unless another thread was faster.
  /// - Parameter stored: What is written down of its use today.
  func makeAccount(of caller: Caller, day: Int64, stored: Usage) -> PrincipalAccount {
    accounts.withLock { accounts in
      if let known = accounts[caller.id] { return known }
      let made = PrincipalAccount(
        id: caller.id, name: caller.name, limits: settings.limits(of: caller.name), day: day, stored: stored,
        shards: shards)
      accounts[caller.id] = made
      return made
    }
  }

  /// All accounts.
  var all: [PrincipalAccount] { accounts.withLock { Array($0.values) } }

  /// How many accounts there are.
  var count: Int { accounts.withLock { $0.count } }

  /// Drops idle accounts that only the registry holds, once there are many: every other one is held by a cached
  /// credential or a call, of which there are limited numbers.
  func dropIdle(at now: Int64, keeping kept: Int = keptLimit) {
    accounts.withLock { accounts in
      guard accounts.count > kept else { return }
      for id in Array(accounts.keys) {
        guard let index = accounts.index(forKey: id), accounts.values[index].isIdle(at: now),
          isKnownUniquelyReferenced(&accounts.values[index])
        else { continue }
        accounts.remove(at: index)
      }
    }
  }
}
