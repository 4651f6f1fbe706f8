import ModuleKit

// Principals, as modules reach them.
extension AccessHandler: PrincipalDirectory {
  func disablePrincipals(ofOrganisation id: String, in transaction: Transaction) throws {
    let transaction = transaction.entering(AccessModule.scope)
    // Staff close organisations, and take nobody's way in to administer the host.
    guard try !PrincipalStore.hasAdministrators(ofOrganisation: id, in: transaction) else {
      throw AccessError.organisationHasAdministrators
    }
    try PrincipalStore.disableAll(ofOrganisation: id, in: transaction)
  }
}
