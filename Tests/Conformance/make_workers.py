"""Makes a file of workers as a district would import it, and says which of its rows are broken and how.

    python3 make_workers.py --count 100000 --seed 1 --areas areas.csv --output workers.csv

Writes OUTPUT (the columns of yizhan.workers.v1.WorkerRow) and OUTPUT.expected.json: the counts that an import
must report, and for each broken row its number, column and reason. The same arguments make the same files.
Needs the PyPI package faker.
"""

import argparse
import csv
import datetime
import json
import random

from faker import Faker

COLUMNS = ["name", "identity_number", "phone", "occupations", "area_code", "organisation", "station",
           "staff_number", "start_date", "party_membership", "is_mobile_party_member", "party_branch",
           "is_union_member", "is_youth_league_member", "affiliation_consent"]
PLATFORMS = ["顺丰速运", "中通快递", "京东物流", "美团", "饿了么", "滴滴出行"]
OCCUPATIONS = {"顺丰速运": "快递员", "中通快递": "COURIER", "京东物流": "快递员;货车司机", "美团": "外卖骑手",
               "饿了么": "DELIVERY_RIDER", "滴滴出行": "网约车司机、代驾"}
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def check_character(digits):
    """The 18th character of an identity number (GB 11643, ISO 7064 MOD 11-2)."""
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits, WEIGHTS)) % 11]


def full_width(text):
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


class Maker:
    def __init__(self, seed, areas):
        self.random = random.Random(seed)
        self.faker = Faker("zh_CN")
        self.faker.seed_instance(seed)
        self.areas = areas
        self.numbers, self.phones = set(), set()

    def fresh(self, make, used):
        while True:
            value = make()
            if value not in used:
                used.add(value)
                return value

    def identity_number(self):
        birth = datetime.date(1966, 1, 1) + datetime.timedelta(days=self.random.randrange(40 * 365))
        digits = f"{self.random.choice(self.areas)}{birth:%Y%m%d}{self.random.randrange(1000):03}"
        return digits + check_character(digits)

    def person(self):
        pick = self.random.random
        number = self.fresh(self.identity_number, self.numbers)
        start = datetime.date(2022, 1, 1) + datetime.timedelta(days=self.random.randrange(4 * 365))
        phone = self.fresh(self.faker.phone_number, self.phones)
        platform = self.random.choice(PLATFORMS)
        return {
            "name": self.faker.name(),
            "identity_number": "" if pick() < 0.05 else number,
            "phone": phone,
            "occupations": OCCUPATIONS[platform],
            "area_code": self.random.choice(self.areas),
            "organisation": platform,
            "station": f"{self.faker.city_name()}{self.random.randint(1, 40)}站",
            "staff_number": str(self.random.randint(10000, 999999)),
            "start_date": start.isoformat() if pick() < 0.9 else "",
            "party_membership": "党员" if pick() < 0.06 else "",
            "is_mobile_party_member": "是" if pick() < 0.02 else "",
            "party_branch": "",
            "is_union_member": "是" if pick() < 0.3 else "否",
            "is_youth_league_member": "",
            "affiliation_consent": f"form {self.random.randint(1, 9999)}",
        }

    def typed(self, row):
        """The row as somebody might type it: the same facts in other forms."""
        row = dict(row)
        phone = row["phone"]
        row["phone"] = self.random.choice(
            [phone, f"{phone[:3]}-{phone[3:7]}-{phone[7:]}", f"+86 {phone}", f"86{phone}", full_width(phone),
             f" {phone} "])
        if row["identity_number"].endswith("X") and self.random.random() < 0.5:
            row["identity_number"] = row["identity_number"].lower()
        if self.random.random() < 0.1:
            row["name"] = " ".join(row["name"])
        return row

    def other_platform(self, row):
        row = dict(row)
        row["organisation"] = self.random.choice([p for p in PLATFORMS if p != row["organisation"]])
        row["occupations"] = OCCUPATIONS[row["organisation"]]
        return row

    def broken(self, kind, good):
        """A row with one flaw, and the column and reason that an import must give for it."""
        row = self.person()
        if not row["identity_number"]:
            row["identity_number"] = self.fresh(self.identity_number, self.numbers)
        number = row["identity_number"]
        if kind == 0:
            row["name"] = "  "
            return row, "name", "REQUIRED"
        if kind == 1:
            row["identity_number"] = number[:16] + number[17:]
            return row, "identity_number", "IDENTITY_NUMBER_SHAPE"
        if kind == 2:
            digits = number[:10] + "0230" + number[14:17]
            row["identity_number"] = digits + check_character(digits)
            return row, "identity_number", "IDENTITY_NUMBER_BIRTH_DATE"
        if kind == 3:
            wrong = "0" if number[17] != "0" else "1"
            row["identity_number"] = number[:17] + wrong
            return row, "identity_number", "IDENTITY_NUMBER_CHECK"
        if kind == 4:
            row["phone"] = row["phone"][:-1]
            return row, "phone", "NOT_A_PHONE_NUMBER"
        if kind == 5:
            row["area_code"] = "999999"
            return row, "area_code", "AREA_NOT_FOUND"
        if kind == 6:
            row["occupations"] = "宇航员"
            return row, "occupations", "OCCUPATION_UNKNOWN"
        if kind == 7:
            row["organisation"] = "没有的公司"
            return row, "organisation", "ORGANISATION_NOT_FOUND"
        if kind == 8:
            row["start_date"] = "2025-02-30"
            return row, "start_date", "NOT_A_DATE"
        row["phone"] = good["phone"]
        row["identity_number"] = ""
        while row["name"] == good["name"]:
            row["name"] = self.faker.name()
        return row, "name", "WORKER_CONFLICT"


def make(count, seed, areas):
    """Rows in file order and what an import of them must report."""
    maker = Maker(seed, areas)
    rows, errors = [], []
    # Who can come again: persons with one row, or with one on each of two platforms.
    single = []
    counts = {"created": 0, "updated": 0, "unchanged": 0, "failed": 0}
    broken = set(maker.random.sample(range(21, count + 1), count // 100))
    for number in range(1, count + 1):
        draw = maker.random.random()
        if number in broken:
            row, column, reason = maker.broken(len(errors) % 10, maker.random.choice(single))
            errors.append({"row": number, "column": column, "reason": reason})
            counts["failed"] += 1
        elif single and draw < 0.02:
            # The same person with another platform; that one's second row adds an employment.
            known = single.pop(maker.random.randrange(len(single)))
            row = maker.typed(maker.other_platform(known))
            counts["updated"] += 1
        elif single and draw < 0.04:
            row = maker.typed(maker.random.choice(single))
            counts["unchanged"] += 1
        else:
            row = maker.person()
            single.append(row)
            row = maker.typed(row)
            counts["created"] += 1
        rows.append(row)
    return rows, {"seed": seed, "rows": count, **counts, "errors": errors}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--areas", required=True, help="areas.csv with the columns code and name")
    parser.add_argument("--output", required=True)
    arguments = parser.parse_args()
    with open(arguments.areas, encoding="utf-8", newline="") as file:
        areas = [row["code"] for row in csv.DictReader(file) if not row["code"].endswith("00")]
    rows, expected = make(arguments.count, arguments.seed, areas)
    with open(arguments.output, "w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    with open(arguments.output + ".expected.json", "w", encoding="utf-8") as file:
        json.dump(expected, file, ensure_ascii=False, indent=1)
    print({key: value for key, value in expected.items() if key != "errors"})


if __name__ == "__main__":
    main()
