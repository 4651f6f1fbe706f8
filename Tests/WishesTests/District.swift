import ModuleTesting
import Synchronization
import Testing
import Wishes
import Workers

/// A small district with people in it, on a host of its own: what every test of wishes begins with.
struct District {
  /// The community of 华林街道 in 瀍河回族区 that wishes come from unless a test says otherwise.
  static let community = "410304001002"
  static let street = "410304001"
  static let county = "410304"
  /// The neighbouring district, 老城区.
  static let otherCounty = "410302"
  /// Values that must not be seen by those whom they do not concern.
  static let wisherName = "欧阳建国"
  static let wisherPhone = "+8613937900001"
  static let wisherAddress = "夹马营路18号院3号楼2单元501室"

  let host: TestHost
  /// Staff of the district.
  let staff: WishServiceClient
  /// Staff of the neighbouring district.
  let otherStaff: WishServiceClient
  /// The platform that the wisher works for.
  let platform: WishServiceClient
  /// Another platform.
  let otherPlatform: WishServiceClient
  /// The district's labour union, a claimant.
  let union: WishServiceClient
  /// A charity, another claimant.
  let charity: WishServiceClient
  /// Reads records.
  let auditor: WishServiceClient
  let workers: WorkerServiceClient
  let platformID: String
  let otherPlatformID: String
  let unionID: String
  let charityID: String
  let workerID: String

  /// Runs a test in a district of its own.
  static func run(
    _ way: TestHost.Way = .inMemory, _ body: (District) async throws -> Void
  ) async throws {
    try await TestHost.run([WorkersModule.self, WishesModule.self, EventLogModule.self], way: way) { host in
      try await body(try await District(host))
    }
  }

  init(_ host: TestHost) async throws {
    self.host = host
    let administrator = try await host.channel(as: .administrator)
    let areas = AreaServiceClient(administrator)
    for (code, name) in [
      ("410000", "河南省"), ("410300", "洛阳市"), (Self.county, "瀍河回族区"), (Self.otherCounty, "老城区"),
      (Self.street, "华林街道"), (Self.community, "华林社区"), ("410304002", "东关街道"),
    ] {
      _ = try await areas.createArea(CreateAreaRequest(code: code, name: name))
    }
    let organisations = OrganisationServiceClient(administrator)
    func organisation(_ kind: OrganisationKind, _ name: String) async throws -> String {
      try await organisations.createOrganisation(
        CreateOrganisationRequest(kind: kind, name: name, areaCode: Self.county)
      ).id
    }
    platformID = try await organisation(.platform, "顺丰速运夹马营路营业部")
    otherPlatformID = try await organisation(.platform, "饿了么瀍河站")
    unionID = try await organisation(.labourUnion, "瀍河区总工会")
    charityID = try await organisation(.charity, "瀍河区慈善协会")
    workers = WorkerServiceClient(administrator)
    workerID = try await Self.register(Self.wisherName, "13937900001", platformID, with: workers)

    staff = WishServiceClient(
      try await host.channel(as: .staff, name: "staff", areaCode: Self.county, purpose: "fulfilment"))
    otherStaff = WishServiceClient(
      try await host.channel(
        as: .staff, name: "other-staff", areaCode: Self.otherCounty, purpose: "fulfilment"))
    platform = WishServiceClient(
      try await host.channel(
        as: .platform, name: "platform", organisationID: platformID, purpose: "fulfilment"))
    otherPlatform = WishServiceClient(
      try await host.channel(
        as: .platform, name: "other-platform", organisationID: otherPlatformID, purpose: "fulfilment"))
    union = WishServiceClient(
      try await host.channel(as: .partner, name: "union", organisationID: unionID, purpose: "fulfilment"))
    charity = WishServiceClient(
      try await host.channel(as: .partner, name: "charity", organisationID: charityID, purpose: "fulfilment"))
    auditor = WishServiceClient(try await host.channel(as: .auditor, name: "auditor"))
  }

  /// Registers a worker with a platform.
  static func register(
    _ name: String, _ phone: String, _ platformID: String, with workers: WorkerServiceClient
  ) async throws -> String {
    let reply = try await workers.registerWorker(
      RegisterWorkerRequest(
        name: name, phone: phone, areaCode: county,
        employment: NewEmployment(organisationID: platformID, occupation: .courier)))
    return try #require(reply.worker).id
  }
}

/// Requests that tests begin from and change.
extension District {
  /// An exclusive wish for a rice cooker, brought to the wisher.
  func wish(_ change: (inout CollectWishRequest) -> Void = { _ in }) -> CollectWishRequest {
    var request = CollectWishRequest(
      workerID: workerID, title: "一个电饭锅", description: "站点没有做饭的地方,想自己煮点热饭。", category: .homeAppliance,
      areaCode: Self.community, need: .goods, delivery: .toWisher, estimatedCostFen: 29_900,
      source: .streetInterview, contactPhone: "139 3790 0001", deliveryAddress: Self.wisherAddress)
    change(&request)
    return request
  }

  /// Five kettles and two shelves that several can give.
  func sharedByParts() -> CollectWishRequest {
    wish {
      $0.title = "给站点添几样东西"
      $0.sharing = .byParts
      $0.delivery = .throughStreet
      $0.parts = [WishPart(name: "电热水壶", quantity: 5), WishPart(name: "书架", quantity: 2)]
    }
  }

  /// 30,000 yuan for appliances, as in the seed document.
  func sharedByMoney() -> CollectWishRequest {
    wish {
      $0.title = "站点家电更新"
      $0.need = .money
      $0.sharing = .byMoney
      $0.delivery = .throughStreet
      $0.estimatedCostFen = 3_000_000
    }
  }

  /// Collects a wish through the platform and puts it on the list.
  func listed(_ request: CollectWishRequest? = nil) async throws -> Wish {
    let wish = try await platform.collectWish(request ?? self.wish())
    return try await staff.approveWish(ApproveWishRequest(wishID: wish.id))
  }

  /// Lists a wish and has the union claim it.
  func claimed(_ request: CollectWishRequest? = nil) async throws -> (wish: Wish, claim: Claim) {
    let wish = try await listed(request)
    let after = try await union.claimWish(ClaimWishRequest(wishID: wish.id))
    return (after, try #require(after.claims.first))
  }

  /// Lists a wish, has the union claim and deliver it.
  func fulfilled(_ request: CollectWishRequest? = nil) async throws -> (wish: Wish, claim: Claim) {
    let (wish, claim) = try await claimed(request)
    let after = try await union.fulfilClaim(FulfilClaimRequest(claimID: claim.id, text: "已送到"))
    return (try await staff.getWish(GetWishRequest(wishID: wish.id)), after)
  }

  /// Lists a wish, has it delivered and confirmed.
  func confirmed(_ request: CollectWishRequest? = nil) async throws -> (wish: Wish, claim: Claim) {
    let (wish, claim) = try await fulfilled(request)
    let after = try await platform.confirmFulfilment(ConfirmFulfilmentRequest(claimID: claim.id))
    return (try await staff.getWish(GetWishRequest(wishID: wish.id)), after)
  }

  /// A wish as staff see it.
  func current(_ wish: Wish) async throws -> Wish {
    try await staff.getWish(GetWishRequest(wishID: wish.id))
  }

  /// The names of the events about a wish so far, without their package. Events of one type are in order; those of
  /// several types are consumed side by side, in order only from one `settle` to the next.
  func events(_ wish: Wish) async throws -> [String] {
    try await host.settle()
    return EventLogModule.events(of: wish.id)
  }
}

/// The status that a call is refused with.
func refusal<Reply>(_ call: () async throws -> Reply, sourceLocation: SourceLocation = #_sourceLocation) async
  -> Status?
{
  do {
    _ = try await call()
    Issue.record("the call succeeded", sourceLocation: sourceLocation)
    return nil
  } catch let status as Status {
    return status
  } catch {
    Issue.record("the call failed with \(error)", sourceLocation: sourceLocation)
    return nil
  }
}

extension Status {
  /// The metadata that the module gives, without the host's own.
  var facts: [String: String] { metadata.filter { $0.key != "request_id" } }
}

/// Listens to every event of the wishes module, as another module would.
struct EventLogModule: Module {
  static let name = "eventlog"
  static let migrations: [Migration] = []
  static let fileDescriptorSet: [UInt8] = []

  // Keyed by wish: identifiers are unique, so tests that run side by side do not meet here.
  private static let log = Mutex<[String: [String]]>([:])

  static func events(of wishID: String) -> [String] { log.withLock { $0[wishID] ?? [] } }

  func register(in registrar: Registrar) throws {
    listen(WishCollectedEvent.self, registrar) { $0.wishID }
    listen(WishListedEvent.self, registrar) { $0.wishID }
    listen(WishReturnedEvent.self, registrar) { $0.wishID }
    listen(WishClosedEvent.self, registrar) { $0.wishID }
    listen(WishClaimedEvent.self, registrar) { $0.wishID }
    listen(ClaimLapsedEvent.self, registrar) { $0.wishID }
    listen(ClaimReleasedEvent.self, registrar) { $0.wishID }
    listen(ClaimCancelledEvent.self, registrar) { $0.wishID }
    listen(ClaimFulfilledEvent.self, registrar) { $0.wishID }
    listen(ClaimDisputedEvent.self, registrar) { $0.wishID }
    listen(ClaimConfirmedEvent.self, registrar) { $0.wishID }
    listen(ConfirmationDueEvent.self, registrar) { $0.wishID }
    listen(WishFulfilledEvent.self, registrar) { $0.wishID }
    listen(ReportPublishedEvent.self, registrar) { $0.wishID }
    listen(ReportWithdrawnEvent.self, registrar) { $0.wishID }
  }

  private func listen<Event: Message>(
    _ type: Event.Type, _ registrar: Registrar, _ wishID: @escaping @Sendable (Event) -> String
  ) {
    registrar.onEvent(type) { _, event in
      let name = String(Event.fullName.split(separator: ".").last ?? "")
      Self.log.withLock { $0[wishID(event), default: []].append(name) }
    }
  }
}
