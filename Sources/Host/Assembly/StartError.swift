public import ModuleKit
public import RPCTransport

/// What keeps a host from starting: each is one line that says what is wrong and what to do.
public enum StartError: Error, CustomStringConvertible {
  case moduleNameTaken(String)
  case moduleNameInvalid(String)
  case moduleNameReserved(String)
  case serviceTaken(String, module: String, by: String)
  case serviceNameInvalid(String, module: String)
  case methodForeign(path: String, service: String, module: String)
  case methodTaken(path: String, module: String)
  case methodWithoutPolicy(path: String, module: String)
  case kindMismatch(path: String, module: String)
  case descriptorsUnreadable(module: String)
  case descriptorsInconsistent(reason: String)
  case descriptorMissing(service: String, module: String)
  case registration(RegistrationError)
  case registrationFailed(module: String, reason: String)
  case methods(MethodTableError)
  case configuration(ConfigurationError)
  case hostKey(HostKeyError)
  case dataDirectoryInUse(String, process: Int32?)
  case dataDirectoryUnusable(String, reason: String)
  case schemaTooNew(String)
  case database(String)
  case addressInUse(key: String, address: String)
  case addressUnusable(key: String, address: String, reason: String)
  case tokenFile(String, reason: String)
  case tls(TLSError)

  /// One line for the operator.
  public var description: String {
    switch self {
    case .moduleNameTaken(let name):
      "two modules are named \(name); rename one, or remove it from the list of modules"
    case .moduleNameInvalid(let name):
      "a module is named \"\(name)\"; a name is 2 to 31 lower-case letters and digits, beginning with a letter"
    case .moduleNameReserved(let name):
      "a module is named \(name), which the host keeps for itself; rename it"
    case .serviceTaken(let service, let module, let owner):
      "module \(module) serves \(service), which \(owner) serves already"
    case .serviceNameInvalid(let service, let module):
      "module \(module) serves \"\(service)\", which is not a service name such as yizhan.wishes.v1.WishService"
    case .methodForeign(let path, let service, let module):
      "module \(module) lists \(path) under \(service); regenerate its code"
    case .methodTaken(let path, let module): "module \(module) serves \(path) twice"
    case .methodWithoutPolicy(let path, let module):
      "\(path) of module \(module) says in no role who may call it; declare (yizhan.method) and regenerate"
    case .kindMismatch(let path, let module):
      "\(path) of module \(module) is bound to a handler of another kind; regenerate its code"
    case .descriptorsUnreadable(let module):
      "module \(module) has a file descriptor set that is not one; regenerate its code"
    case .descriptorMissing(let service, let module):
      "module \(module) serves \(service), but its descriptors do not declare it; regenerate its code"
    case .descriptorsInconsistent(let reason):
      "the modules' descriptors do not fit together: \(reason); regenerate their code"
    case .registration(let error): error.description
    case .registrationFailed(let module, let reason): "module \(module) cannot register: \(reason)"
    case .methods(let error): error.description
    case .configuration(let error): error.description
    case .hostKey(let error): error.description
    case .dataDirectoryInUse(let directory, let process):
      "another host\(process.map { ", process \($0)," } ?? "") uses the data directory \(directory); stop it, or choose"
        + " another with --data"
    case .dataDirectoryUnusable(let directory, let reason):
      "the data directory \(directory) cannot be used: \(reason)"
    case .schemaTooNew(let reason): "\(reason), or restore a backup made before the upgrade"
    case .database(let reason): "the database cannot be opened: \(reason)"
    case .addressInUse(let key, let address):
      "\(key) is \(address), which another program listens on; stop it, or choose another with --\(key)"
    case .addressUnusable(let key, let address, let reason):
      "\(key) is \(address), which cannot be used: \(reason)"
    case .tokenFile(let path, let reason): "the token file \(path) cannot be written: \(reason)"
    case .tls(let error): error.description
    }
  }

  /// The program's exit status, from sysexits(3) where one fits.
  public var exitCode: Int32 {
    switch self {
    case .configuration, .hostKey, .tls: 78
    case .dataDirectoryInUse, .addressInUse: 75
    case .dataDirectoryUnusable, .tokenFile: 73
    case .addressUnusable: 69
    case .schemaTooNew, .database: 65
    default: 70
    }
  }
}

extension StartError {
  /// What an error that opening storage and vault ended with means for a start; the error itself if it is none of
  /// theirs.
  static func reason(of error: any Error, directory: String) -> any Error {
    switch error {
    case let error as HostKeyError: Self.hostKey(error)
    case VaultError.damaged: Self.database("a key of the host's own is damaged; restore the last backup")
    case let error as MethodTableError: Self.methods(error)
    case let error as StorageError: Self(error, directory: directory)
    default: error
    }
  }

  /// What storage says when it cannot be opened.
  init(_ error: StorageError, directory: String) {
    switch error {
    case .dataDirectoryInUse(_, let process):
      self = .dataDirectoryInUse(directory, process: process)
    case .dataDirectoryUnusable(_, let message): self = .dataDirectoryUnusable(directory, reason: message)
    case .schemaTooNew: self = .schemaTooNew(error.description)
    default: self = .database(error.description)
    }
  }
}
