"""How long `make run` takes once everything is there. By itself: `python -m benchmarks.starting`.

Starts and stops the portal of this checkout with its demonstration data; the first start makes what is missing and
does not count.
"""

import datetime
import os
import platform
import signal
import subprocess
import sys
import time

STARTS, LONGEST = 5, 5  # seconds until the portal says that it is ready


def main() -> None:
    from benchmarks.__main__ import RESULTS, _free_port

    environment = {**os.environ, "PORT": str(_free_port()), "DEMO": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # whoever runs the portal has its modules compiled once
    started(environment)
    now = datetime.datetime.now(datetime.UTC)
    load = os.getloadavg()[0]
    took = [started(environment) for _ in range(STARTS)]
    met = "met" if max(took) < LONGEST else "**missed**"
    lines = [
        f"# Benchmark of {now:%Y-%m-%d %H:%M} UTC, starting alone",
        "",
        f"{os.cpu_count()} cores ({platform.machine()}), load {load:.1f} before the start, "
        f"Python {platform.python_version()}.",
        "",
        f"- From `python -m integration_portal.run` until it says that it is ready, all set up and with the "
        f"demonstration's data: {', '.join(f'{seconds:.1f}' for seconds in took)} s (aim: {LONGEST}, {met}).",
    ]
    print("\n".join(lines))
    (RESULTS / f"{now:%Y-%m-%d}-starting.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def started(environment: dict[str, str]) -> float:
    """Seconds until the portal says that it is ready; then it is stopped."""
    begun = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "integration_portal.run"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if "The portal is ready" in line:
            break
    else:
        sys.exit("".join(said))
    took = time.perf_counter() - begun
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    return took


if __name__ == "__main__":
    main()
