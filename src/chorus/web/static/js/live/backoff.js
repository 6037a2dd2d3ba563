/** How long to wait before the next try: doubling, capped, and spread, so that a restart is not met by all at once. Pure. */

/**
 * Milliseconds to wait before try number `attempt` (0 is the first after a loss).
 *
 * Args:
 *   random: a number in [0, 1) that spreads the wait over [half, whole].
 */
export function backoff(attempt, random, { first = 250, longest = 15_000 } = {}) {
  const whole = Math.min(longest, first * 2 ** Math.min(attempt, 30));
  return whole / 2 + (whole / 2) * random;
}
