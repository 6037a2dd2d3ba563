/** The days that begin while the page is open. */

const MINUTE = 60_000; // a computer that slept through midnight is late by so much at most

/** Call `begun()` after each midnight, until the signal; `now`: () → a Date. */
export function onEachDay(begun, signal, now = () => new Date()) {
  let day = now().toDateString();
  let timer;
  const wait = () => (timer = setTimeout(look, Math.min(MINUTE, untilMidnight(now()))));
  wait();
  signal.addEventListener("abort", () => clearTimeout(timer));

  function look() {
    const today = now().toDateString();
    wait();
    if (today === day) return;
    day = today;
    begun();
  }
}

function untilMidnight(now) {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1) - now;
}
