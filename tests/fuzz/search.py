"""Search for bytes that a parser fails on: `python tests/fuzz/search.py SECONDS [TARGET...]`; needs atheris."""

import subprocess
import sys
import tempfile
from pathlib import Path


def main() -> int:
    """Each target for so long, in a process of its own: atheris takes the whole of one."""
    seconds, *names = sys.argv[1:]
    if seconds == "one":
        return search(names[0])
    from targets import SEEDS, TARGETS

    failed = []
    for name in names or TARGETS:
        with tempfile.TemporaryDirectory() as corpus:
            for number, seed in enumerate(SEEDS[name]):
                Path(corpus, str(number)).write_bytes(seed)
            limits = [f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=1024", "-print_final_stats=1"]
            command = [sys.executable, __file__, "one", name, corpus, *limits]
            ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=corpus)
        runs = [line.split()[-1] for line in ran.stderr.splitlines() if "number_of_executed_units" in line]
        verdict = "ok" if ran.returncode == 0 else "FAILED"
        print(f"{name}: {verdict}, {' '.join(runs) or '?'} inputs in {seconds} s", flush=True)
        if ran.returncode:
            failed.append(name)
            print(ran.stdout[-2000:], ran.stderr[-4000:])
    return len(failed)


def search(name: str) -> int:
    """One target, by atheris."""
    import atheris

    with atheris.instrument_imports(include=["chorus.realtime"]):
        from targets import TARGETS
    atheris.Setup([sys.argv[0], *sys.argv[3:]], TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
