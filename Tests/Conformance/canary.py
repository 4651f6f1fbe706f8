"""Values that must turn up nowhere in the clear, and the search for them.

Each is looked for as it may be written: UTF-8, UTF-16 of both byte orders, hexadecimal, Base64 of both alphabets at
every alignment, percent-encoding, JSON's escapes.
"""

import base64
import pathlib
import shutil
import sqlite3
import urllib.parse
import urllib.request


def forms(value):
    """(name of the form, bytes) for a text of at least five bytes."""
    plain = value.encode()
    assert len(plain) >= 5, f"{value!r} is too short: it may stand somewhere by chance"
    yield "UTF-8", plain
    yield "UTF-16LE", value.encode("utf-16-le")
    yield "UTF-16BE", value.encode("utf-16-be")
    yield "hexadecimal", plain.hex().encode()
    yield "upper-case hexadecimal", plain.hex().upper().encode()
    escaped = "".join(f"\\u{unit:04x}" for unit in memoryview(value.encode("utf-16-le")).cast("H"))
    if not value.isascii():
        yield "JSON escapes", escaped.encode()
        yield "percent-encoding", urllib.parse.quote(value, safe="").encode()
    for skipped in range(3):
        # Whatever stands around the value, these digits hold no bits but its own.
        whole = plain[skipped:][:(len(plain) - skipped) // 3 * 3]
        if len(whole) >= 6:
            yield "base64", base64.b64encode(whole)
            yield "base64url", base64.urlsafe_b64encode(whole)


class Canary:
    def __init__(self):
        # By their first bytes: thousands of values are looked for in one pass.
        self.needles = {}

    def add(self, name, value):
        """Looks for a value from now on, and gives it back."""
        for form, needle in forms(value):
            self.needles.setdefault(needle[:5], []).append((needle, f"{name} as {form}"))
        return value

    def hits(self, content, place):
        if isinstance(content, str):
            content = content.encode()
        needles, found = self.needles, {}
        for start in range(len(content) - 4):
            head = content[start:start + 5]
            if head in needles:
                for needle, name in needles[head]:
                    if content.startswith(needle, start):
                        found[f"{name} in {place}"] = True
        return list(found)

    def hits_below(self, folder):
        """In every file below a folder."""
        found = []
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.is_file():
                found += self.hits(path.read_bytes(), path.name)
        return found

    def hits_in(self, host, folder):
        """Wherever a host leaves traces: its data directory, log and metrics page, and backups of its database."""
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{host.metrics_port}/metrics", timeout=10).read()
        found = self.hits_below(host.data) + self.hits(host.log.read_bytes(), "the log")
        found += self.hits(metrics, "the metrics page")
        for backup in backups(host, folder):
            found += self.hits(backup.read_bytes(), backup.name)
        return found


def copy_of_database(host, folder):
    """The database with its log as they stand in the data directory, for looking into without touching them."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal"):
        source, target = host.data / f"yizhan.db{suffix}", folder / f"copy.db{suffix}"
        target.unlink(missing_ok=True)
        if source.exists():
            shutil.copyfile(source, target)
    (folder / "copy.db-shm").unlink(missing_ok=True)
    return folder / "copy.db"


def backups(host, folder):
    """A backup as VACUUM INTO makes it, and one by SQLite's backup interface."""
    vacuumed, copied = folder / "vacuum-into.db", folder / "backup.db"
    for path in (vacuumed, copied):
        path.unlink(missing_ok=True)
    with sqlite3.connect(copy_of_database(host, folder)) as database:
        database.execute("VACUUM INTO ?", [str(vacuumed)])
        with sqlite3.connect(copied) as target:
            database.backup(target)
    return [vacuumed, copied]


def wrapped_keys(host, folder, persons):
    """The persons' data keys as they are kept, wrapped with the host's key; None for one that was destroyed."""
    with sqlite3.connect(copy_of_database(host, folder)) as database:
        rows = dict(database.execute("SELECT person, wrapped FROM privacy_key"))
    return {person: rows[person] for person in persons}


def places_of(secrets, host, folder):
    """In which files of the data directory and of backups any of these bytes stand."""
    files = [path for path in host.data.rglob("*") if path.is_file()] + backups(host, folder)
    return sorted({path.name for path in files for secret in secrets if secret in path.read_bytes()})
