import Workers

/// Workers made from a number alone: the same number is the same person in every run.
enum People {
  static let area = "410304"
  private static let surnames = Array("王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗")
  private static let given = Array("伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红")

  static func row(_ number: Int, organisation: String) -> WorkerRow {
    WorkerRow(
      name: name(number), identityNumber: identityNumber(number), phone: phone(number),
      occupations: number % 3 == 0 ? "courier" : "delivery_rider", areaCode: area, organisation: organisation,
      staffNumber: "B\(number)")
  }

  static func name(_ number: Int) -> String {
    String([
      surnames[number % surnames.count], given[number / 20 % given.count], given[number / 600 % given.count],
    ])
  }

  static func phone(_ number: Int) -> String {
    let digits = String(number)
    return "138" + String(repeating: "0", count: 8 - digits.count) + digits
  }

  /// 17 digits (area, a birth date from 1960 to 2004, an order number) and the check character of GB 11643.
  static func identityNumber(_ number: Int) -> String {
    let year = 1960 + number % 45
    let month = 1 + number / 45 % 12
    let day = 1 + number / 540 % 28
    let order = number / 15_120
    let text = area + "\(year)" + padded(month, 2) + padded(day, 2) + padded(order, 3)
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    let sum = zip(text.utf8, weights).reduce(0) { $0 + Int($1.0 - 48) * $1.1 }
    return text + String(Array("10X98765432")[sum % 11])
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
