import RPC
import Testing

@Suite struct PeerIdentityTests {
  @Test func hashAndSerialNumberReadAsOpenSSLShowsThem() {
    let identity = PeerIdentity(
      publicKeyHash: [0x00, 0x0f, 0xa0] + [UInt8](repeating: 0xff, count: 29), serialNumber: [0x01, 0xc3])
    #expect(identity.publicKeyHashText == "000fa0" + String(repeating: "ff", count: 29))
    #expect(identity.serialNumberText == "01c3")
  }
}
