import ModuleKit
import Wishes
import Workers

/// Every module that this host serves, in the order in which they register: a module comes after those whose
/// capabilities it requires. Each also stands in `modules` of Package.swift.
let modules: [any Module.Type] = [
  WorkersModule.self,
  WishesModule.self,
]
