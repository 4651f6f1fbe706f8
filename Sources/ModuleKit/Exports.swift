// A module's source files import ModuleKit and nothing else: what it needs of the kernels below comes along.
@_exported public import Formats
@_exported public import Privacy
@_exported public import RPC
@_exported public import Storage
@_exported public import Wire
