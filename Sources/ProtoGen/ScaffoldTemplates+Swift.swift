/// The Swift files and the README.
extension ScaffoldTemplates {
  var moduleSwift: String {
    """
    public import ModuleKit

    /// Keeps \(Self.plural(of: words)).
    public struct \(module)Module: Module {
      /// The module's name.
      public static let name = "\(package)"
      /// The module's schema.
      public static var migrations: [Migration] { \(module)Migrations.all }
      /// The module's protos.
      public static var fileDescriptorSet: [UInt8] { \(module)Descriptors.fileDescriptorSet }

      /// Creates the module.
      public init() {}

      /// Serves \(resource)Service.
      public func register(in registrar: Registrar) throws {
        registrar.serve(\(resource)Handler().bound())
      }
    }

    """
  }

  var handler: String {
    """
    import ModuleKit

    /// Serves \(resource)Service.
    struct \(resource)Handler: \(resource)ServiceHandler {
      func create\(resource)(_ request: Create\(resource)Request, _ transaction: Transaction) throws -> \(resource) {
        guard transaction.reach.includes(area: request.areaCode) else {
          throw \(module)Error.areaNotYours(request.areaCode)
        }
        let \(identifier) = \(resource)(
          id: transaction.makeID(), areaCode: request.areaCode, name: request.name,
          createTime: ProtoTimestamp(transaction.now))
        guard try \(resource)Store.insert(\(identifier), in: transaction) else { throw \(module)Error.nameTaken(request.name) }
        return \(identifier)
      }

      func get\(resource)(_ request: Get\(resource)Request, _ snapshot: Snapshot) throws -> \(resource) {
        let reach = snapshot.reach
        guard let \(identifier) = try \(resource)Store.\(identifier)(request.\(variable)ID, in: snapshot),
          reach.includes(area: \(identifier).areaCode)
        else {
          throw \(module)Error.notFound(request.\(variable)ID)
        }
        return \(identifier)
      }

      func list\(plural)(_ request: List\(plural)Request, _ snapshot: Snapshot) throws -> List\(plural)Response {
        let page = try Page(
          size: request.pageSize, token: request.pageToken, query: ["\(pluralSnake)", request.areaCode])
        var found = try \(resource)Store.\(pluralVariable)(
          within: snapshot.reach.areas(within: AreaCode(request.areaCode)), after: page.cursor.first ?? "", limit: page.limit + 1, in: snapshot)
        let next = page.cut(&found) { [$0.id] }
        return List\(plural)Response(\(pluralVariable): found, nextPageToken: next)
      }
    }

    """
  }

  var store: String {
    """
    import ModuleKit

    /// The table of \(Self.plural(of: words)).
    enum \(resource)Store {
      /// Adds a row.
      /// - Returns: false if the area has one of this name.
      static func insert(_ \(identifier): \(resource), in transaction: Transaction) throws -> Bool {
        try transaction.execute(
          \"\"\"
          INSERT INTO \(table) (id, area_code, name, create_time) VALUES (?, ?, ?, ?)
          ON CONFLICT (area_code, name) DO NOTHING
          \"\"\",
          \(identifier).id, \(identifier).areaCode, \(identifier).name, transaction.now) == 1
      }

      /// The row of an identifier.
      static func \(identifier)(_ id: String, in snapshot: Snapshot) throws -> \(resource)? {
        var query = select
        query.append(" WHERE id = ?", id)
        return try snapshot.first(query, read: read)
      }

      /// Rows in the order in which they were added, after an identifier.
      static func \(pluralVariable)(
        within areas: [AreaCode]?, after id: String, limit: Int, in snapshot: Snapshot
      ) throws -> [\(resource)] {
        var query = select
        query.append(" WHERE id > ?", id)
        query.append(areas, in: "area_code")
        query.append(" ORDER BY id LIMIT ?", limit)
        return try snapshot.all(query, read: read)
      }

      private static let select = Query("SELECT id, area_code, name, create_time FROM \(table)")

      private static func read(_ row: Row) -> \(resource) {
        \(resource)(
          id: row.text(0), areaCode: row.text(1), name: row.text(2), createTime: ProtoTimestamp(row.instant(3)))
      }
    }

    """
  }

  var migrations: String {
    """
    import ModuleKit

    /// The schema of the module. Times are milliseconds since 1970.
    enum \(module)Migrations {
      static let all: [Migration] = [\(pluralVariable)]

      private static let \(pluralVariable) = Migration(
        1, "\(Self.plural(of: words))",
        \"\"\"
        CREATE TABLE \(table) (
          id TEXT NOT NULL PRIMARY KEY,
          area_code TEXT NOT NULL,
          name TEXT NOT NULL,
          create_time INTEGER NOT NULL,
          UNIQUE (area_code, name)
        )
        \"\"\")
    }

    """
  }

  var errors: String {
    """
    import ModuleKit

    /// What the module refuses, beside what every module does.
    struct \(module)Error: RefusalError {
      static let domain = "\(package).yizhan"

      let refusal: Refusal

      init(_ refusal: Refusal) { self.refusal = refusal }

      /// There is no such \(words).
      static func notFound(_ id: String) -> Self {
        Self(Refusal(.notFound, "\(reason)_NOT_FOUND", "there is no \(words) \\(id)", "没有该条目(\\(id))"))
      }

      /// The area has a \(words) of this name.
      static func nameTaken(_ name: String) -> Self {
        Self(
          Refusal(
            .alreadyExists, "\(reason)_NAME_TAKEN",
            "the area has a \(words) called \\(name); choose another name", "该区划内已有同名条目(\\(name))"))
      }
    }

    """
  }

  var readme: String {
    """
    # \(module)

    Keeps \(Self.plural(of: words)).

    ## What it owns

    - **\(plural)**: each in an area, with a name that is unique there.

    ## Calls

    `\(resource)Service`: `Create\(resource)`, `Get\(resource)`, `List\(plural)`.

    ## Tables

    | table | what a row is | found by |
    |---|---|---|
    | `\(table)` | a \(words) | id; area and name |

    ## Events

    None.

    ## Capabilities

    Requires none, provides none.

    ## Timers

    None.

    ## Try it

    ```console
    $ yizhan \(package) create-\(dashed(snake)) --area-code 410304 --name 例
    $ yizhan \(package) list-\(dashed(pluralSnake))
    ```

    """
  }

  var tests: String {
    """
    import ModuleTesting
    import Testing
    import \(module)

    @Suite struct \(resource)Tests {
      @Test func keepsTheModuleContract() async throws {
        #expect(try await ModuleContract.violations(of: [\(module)Module.self]) == [])
      }

      @Test(arguments: TestHost.Way.allCases)
      func createdIsFoundAndListed(way: TestHost.Way) async throws {
        try await TestHost.run([\(module)Module.self], way: way) { host in
          let client = \(resource)ServiceClient(try await host.channel(as: .staff))
          let first = try await client.create\(resource)(Create\(resource)Request(areaCode: "410304", name: "甲"))
          let second = try await client.create\(resource)(Create\(resource)Request(areaCode: "440306001", name: "乙"))
          #expect(try await client.get\(resource)(Get\(resource)Request(\(variable)ID: first.id)) == first)
          #expect(try await client.list\(plural)(List\(plural)Request()).\(pluralVariable) == [first, second])
          let inBaoan = List\(plural)Request(areaCode: "440306")
          #expect(try await client.list\(plural)(inBaoan).\(pluralVariable) == [second])
          let page = try await client.list\(plural)(List\(plural)Request(pageSize: 1))
          let rest = List\(plural)Request(pageSize: 1, pageToken: page.nextPageToken)
          #expect(try await client.list\(plural)(rest).\(pluralVariable) == [second])
        }
      }

      @Test func whatBreaksARuleIsRefused() async throws {
        try await TestHost.run([\(module)Module.self]) { host in
          let staff = try await host.channel(as: .staff, areaCode: "410304")
          let client = \(resource)ServiceClient(staff)
          func refusal(_ body: () async throws -> Void) async throws -> String {
            do {
              try await body()
              return ""
            } catch let status as Status {
              return status.reason
            }
          }
          func create(_ areaCode: String, _ name: String) async throws -> String {
            try await refusal {
              _ = try await client.create\(resource)(Create\(resource)Request(areaCode: areaCode, name: name))
            }
          }
          #expect(try await create("410304", "甲") == "")
          #expect(try await create("410304", "甲") == "\(reason)_NAME_TAKEN")
          #expect(try await create("410305", "甲") == "AREA_NOT_YOURS")
          #expect(try await create("410304", "") == "FIELDS_INVALID")
          let unknown = "018f3c5e-7b1a-7c3d-9e2f-0a1b2c3d4e5f"
          let missing = try await refusal { _ = try await client.get\(resource)(Get\(resource)Request(\(variable)ID: unknown)) }
          #expect(missing == "\(reason)_NOT_FOUND")
          let elsewhere = \(resource)ServiceClient(try await host.channel(as: .staff, areaCode: "440306"))
          #expect(try await elsewhere.list\(plural)(List\(plural)Request()).\(pluralVariable) == [])
        }
      }
    }

    """
  }
}
