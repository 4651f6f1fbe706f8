#!/usr/bin/env python3
"""Kills a writing process with SIGKILL again and again; nothing acknowledged may be lost, nothing may happen twice.

    kill9.py PROGRAM [CYCLES] [SEED]

PROGRAM is the built StorageTorture. Keys that were tried and not answered are tried again after the restart, so a
commit whose reply was lost is repeated too.
"""
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time


def cycle(program, data, ledger, open_keys, pause):
    process = subprocess.Popen([program, "run", data], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    ready = threading.Event()
    lines = []

    def collect():
        for line in process.stdout:
            if line == b"ready\n":
                ready.set()
            elif line.endswith(b"\n"):
                lines.append(line.decode())
        ready.set()

    thread = threading.Thread(target=collect)
    thread.start()
    process.stdin.write("".join(key + "\n" for key in open_keys).encode())
    process.stdin.close()
    ready.wait(30)
    time.sleep(pause)
    if process.poll() is not None:
        sys.exit(f"the program ended with {process.returncode} before it was killed")
    process.kill()
    process.wait()
    thread.join()
    tried, acknowledged = set(open_keys), 0
    for line in lines:
        kind, key = line.split()
        if kind == "try":
            tried.add(key)
        else:
            tried.discard(key)
            ledger.write(line)
            acknowledged += 1
    ledger.flush()
    return tried, acknowledged


def main():
    program = sys.argv[1]
    cycles = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(1 << 32)
    print(f"seed {seed}, {cycles} cycles")
    chance = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="kill9-")
    data, path = os.path.join(folder, "data"), os.path.join(folder, "ledger")
    subprocess.run([program, "init", data], check=True)
    open_keys, status, acknowledged = set(), 0, 0
    with open(path, "w") as ledger:
        for number in range(1, cycles + 1):
            open_keys, answered = cycle(program, data, ledger, open_keys, chance.uniform(0.0, 0.3))
            acknowledged += answered
            if number % 50 == 0 or number == cycles:
                check = subprocess.run([program, "check", data, path], stdout=subprocess.PIPE, text=True)
                print(f"cycle {number}: {check.stdout.strip()}", flush=True)
                status = status or check.returncode
                if status:
                    break
    if status == 0 and acknowledged < cycles:
        print(f"only {acknowledged} writes were acknowledged in {cycles} cycles: that shows nothing")
        status = 1
    if status == 0:
        shutil.rmtree(folder)
    else:
        print(f"kept for inspection: {folder}")
    sys.exit(status)


if __name__ == "__main__":
    main()
