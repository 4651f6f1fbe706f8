import ModuleTesting
import Testing
import Wishes

/// What the protos promise is what the timers do, which `RetentionTests` holds to `purposeEnd`.
@Suite struct RetentionDeclarationTests {
  @Test func theProtosPromiseWhatTheTimersDo() throws {
    let declared = try ModuleContract.retentionDays(declaredBy: WishesModule.self)
    let durations = declared.mapValues { days in days.map { Duration.seconds($0 * 86_400) } }
    #expect(durations == ["fulfilment": [RetentionTests.purposeEnd]])
  }
}
