#!/usr/bin/env python3
"""Fails the n-th system call of each kind that touches a file of the database, n = 1 until none fires.

    sweep.py PROGRAM [WRITES]

PROGRAM is the built StorageTorture; needs strace and the right to trace. For each fault it is checked that nothing
acknowledged is lost, that nothing reported as failed has happened, and that a process whose outcome is unknown has
stopped with status 70 within a second.
"""
import os
import shutil
import subprocess
import sys
import tempfile
import time

FAULTS = [
    (call, error, file)
    for call in ("pwrite64", "fdatasync", "ftruncate", "fsync")
    for error in ("EIO", "ENOSPC")
    for file in ("yizhan.db-wal", "yizhan.db")
]
# Without these the sweep has shown nothing: a commit writes the log and waits for the disk.
NEEDED = {("pwrite64", "yizhan.db-wal"), ("fdatasync", "yizhan.db-wal")}
LIMIT = 400


def run(program, template, folder, writes, call, error, file, n):
    data = os.path.join(folder, "data")
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(template, data)
    trace = os.path.join(folder, "trace")
    began = time.monotonic()
    process = subprocess.Popen(
        ["strace", "-f", "-qq", "-o", trace, "-ttt", "-P", os.path.join(data, file), "-e", f"trace={call}",
         "-e", f"inject={call}:error={error}:when={n}", program, "some", data, str(writes)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        output, errors = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        output, errors = process.communicate()
        return True, f"hung: {output.decode().splitlines()[-2:]}", None
    ended = time.time()
    if b"strace: " in errors:
        sys.exit(f"strace cannot trace here: {errors.decode()[-300:]}")
    fired = [line for line in open(trace) if "(INJECTED)" in line]
    ledger = os.path.join(folder, "ledger")
    with open(ledger, "wb") as file:
        file.write(output)
    check = subprocess.run([program, "check", data, ledger], stdout=subprocess.PIPE, text=True)
    problem = None
    if check.returncode != 0:
        problem = check.stdout.strip()
    if process.returncode == 70 and fired and ended - float(fired[-1].split()[1]) > 1.0:
        problem = f"took {ended - float(fired[-1].split()[1]):.1f} s to stop"
    if process.returncode not in (0, 1, 70):
        problem = f"ended with {process.returncode}: {errors.decode()[-300:]}"
    return bool(fired), problem, process.returncode


def main():
    program = sys.argv[1]
    writes = sys.argv[2] if len(sys.argv) > 2 else "30"
    folder = tempfile.mkdtemp(prefix="sweep-")
    template = os.path.join(folder, "template")
    subprocess.run([program, "init", template], check=True)
    # A first life leaves a log to start from.
    subprocess.run([program, "some", template, "5"], check=True, stdout=subprocess.DEVNULL)
    total, bad, seen = 0, 0, set()
    for call, error, file in FAULTS:
        ends, silent = {}, 0
        for n in range(1, LIMIT):
            fired, problem, status = run(program, template, folder, writes, call, error, file, n)
            if problem:
                bad += 1
                print(f"{call} {error} {file} n={n}: {problem}", flush=True)
            if not fired:
                # How many calls a run makes varies with its timing; three runs without a fault are the end.
                silent += 1
                if silent == 3:
                    break
                continue
            silent = 0
            total += 1
            seen.add((call, file))
            ends[status] = ends.get(status, 0) + 1
        if ends:
            print(f"{call} {error} {file}: ends by status {ends}", flush=True)
    print(f"{total} faults, {bad} wrong")
    shutil.rmtree(folder)
    for call, file in sorted(NEEDED - seen):
        print(f"no {call} of {file} was ever failed: that shows nothing")
    sys.exit(1 if bad or NEEDED - seen else 0)


if __name__ == "__main__":
    main()
