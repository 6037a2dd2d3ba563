/** Entries and timelines for the tests. */

export function entry(
  seq,
  {
    channel = 1,
    sender = 2,
    clientId = `c${seq}`,
    text = `message ${seq}`,
    at = "2026-11-23T16:00:00.000Z",
    kind = "posted",
  } = {},
) {
  return { channel, seq, kind, at, sender, client_id: clientId, text, html: `<p>${text}</p>` };
}

export function entries(from, to, options) {
  return Array.from({ length: to - from + 1 }, (_, at) => entry(from + at, options));
}

export function seqs(list) {
  return list.map(({ seq }) => seq);
}
