// A module's tests import ModuleTesting and their module: what they need of the kernels comes along.
@_exported public import ModuleKit
