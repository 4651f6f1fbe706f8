import ModuleKit
import Synchronization
import Wishes
import Workers

/// Runs `count` calls with so many in flight, each with its number.
func inParallel(
  _ count: Int, inFlight: Int, _ call: @escaping @Sendable (_ number: Int) async throws -> Void
) async throws {
  let next = Counter()
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<min(inFlight, count) {
      group.addTask {
        while true {
          let number = next.take()
          if number >= count { return }
          try await call(number)
        }
      }
    }
    try await group.waitForAll()
  }
}

final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  func take() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
}

/// What the benchmark needs to be there before workers can be.
struct Ground: Sendable {
  let areas: AreaServiceClient
  let organisations: OrganisationServiceClient

  init(_ channel: any ClientChannel) {
    areas = AreaServiceClient(channel)
    organisations = OrganisationServiceClient(channel)
  }

  func lay() async throws {
    for (code, name) in [("410000", "河南省"), ("410300", "洛阳市"), (People.area, "瀍河回族区")] {
      do {
        _ = try await areas.createArea(CreateAreaRequest(code: code, name: name))
      } catch let status as Status where status.code == .alreadyExists {}
    }
  }

  func organisation(_ name: String, _ kind: OrganisationKind) async throws -> String {
    let key = CallOptions(idempotencyKey: "benchmark-\(kind)")
    return try await organisations.createOrganisation(
      CreateOrganisationRequest(kind: kind, name: name, areaCode: People.area), key
    ).id
  }
}

/// Imports workers number `first` … in messages of 500 rows.
func importWorkers(_ channel: any ClientChannel, first: Int, count: Int) async throws {
  let ground = Ground(channel)
  try await ground.lay()
  let platform = try await ground.organisation("测速平台", .platform)
  let call = try await WorkerServiceClient(channel).importWorkers()
  let batch = 500
  for start in stride(from: 0, to: count, by: batch) {
    let rows = (start..<min(start + batch, count)).map { People.row(first + $0, organisation: platform) }
    try await call.send(
      ImportWorkersRequest(importID: "benchmark-\(first)", firstRow: Int64(start + 1), rows: rows))
  }
  let reply = try await call.finish()
  guard let summary = reply.summary, summary.rowsFailed == 0, Int(summary.rowsReceived) == count else {
    throw Status(.dataLoss, "the import lost rows: \(reply)")
  }
}

/// The first workers of the area: wishes are spread over many, because one may have few unfinished ones.
func workerIDs(_ channel: any ClientChannel, count: Int) async throws -> [String] {
  let client = WorkerServiceClient(channel)
  var ids: [String] = []
  var token = ""
  repeat {
    let page = try await client.listWorkers(
      ListWorkersRequest(areaCode: People.area, pageSize: 1_000, pageToken: token),
      CallOptions(timeout: .seconds(60)))
    ids += page.workers.map(\.id)
    token = page.nextPageToken
  } while ids.count < count && !token.isEmpty
  return ids
}

/// Wishes that are collected, approved and claimed; each write has its own idempotency key.
struct WishLoad: Sendable {
  let wishes: WishServiceClient
  let workers: [String]
  let charity: String
  let count: Int
  let inFlight: Int

  func collect(run: String) async throws -> [String] {
    let made = Mutex<[String]>([])
    try await inParallel(count, inFlight: inFlight) { number in
      let wish = try await wishes.collectWish(
        CollectWishRequest(
          workerID: workers[number % workers.count], title: "电饭锅 \(number)", category: .homeAppliance,
          areaCode: People.area,
          need: .goods, estimatedCostFen: 19_900),
        CallOptions(timeout: .seconds(60), idempotencyKey: "\(run)-c\(number)"))
      made.withLock { $0.append(wish.id) }
    }
    return made.withLock { $0 }
  }

  func approve(_ ids: [String], run: String) async throws {
    try await inParallel(ids.count, inFlight: inFlight) { number in
      _ = try await wishes.approveWish(
        ApproveWishRequest(wishID: ids[number]),
        CallOptions(timeout: .seconds(60), idempotencyKey: "\(run)-a\(number)"))
    }
  }

  func claim(_ ids: [String], run: String) async throws {
    try await inParallel(ids.count, inFlight: inFlight) { number in
      _ = try await wishes.claimWish(
        ClaimWishRequest(wishID: ids[number], organisationID: charity),
        CallOptions(timeout: .seconds(60), idempotencyKey: "\(run)-k\(number)"))
    }
  }
}
