/**
 * Messages written here and not yet seen in the log: nothing is lost, nothing is sent in another order.
 *
 * An item goes waiting → sending → sent, and leaves when its entry arrives in the timeline. A connection that breaks
 * puts what was sending back to waiting; it is then sent again with the same client_id, and the server answers with
 * the first one's entry. Only a refusal that repeating cannot mend makes an item failed; that one waits for a person
 * and holds nobody up.
 */

/** Unsent messages kept at most, over all channels. */
export const CAPACITY = 200;

export const emptyOutbox = Object.freeze([]);

/** Whether one more message may be written. */
export function hasRoom(outbox) {
  return outbox.length < CAPACITY;
}

/**
 * Add a message at the end. `at` is an ISO time for people's eyes, `thread` what it replies to, `files` what is attached,
 * as the server told it.
 */
export function queued(outbox, { channel, clientId, text, at, thread = 0, files = [] }) {
  if (!hasRoom(outbox)) throw new RangeError(`${outbox.length} messages wait to be sent, at most ${CAPACITY} may`);
  return [...outbox, { channel, clientId, text, at, thread, files, state: "waiting", error: null, entry: null }];
}

/** What can go out now: the first unsent message of each channel, unless it is on its way. */
export function sendable(outbox) {
  const heads = new Map();
  for (const item of outbox) {
    if (item.state !== "failed" && item.state !== "sent" && !heads.has(item.channel)) heads.set(item.channel, item);
  }
  return [...heads.values()].filter((item) => item.state === "waiting");
}

/** The message is on its way. */
export function sending(outbox, clientId) {
  return changed(outbox, clientId, { state: "sending", error: null });
}

/** No answer, or one that says try again: it waits for its next turn, still first in its channel. */
export function delayed(outbox, clientId) {
  return changed(outbox, clientId, { state: "waiting" });
}

/** The server has it, as `entry`; it stays in sight here until the log's own copy arrives. */
export function acknowledged(outbox, clientId, entry) {
  return changed(outbox, clientId, { state: "sent", error: null, entry });
}

/** The server refused it for good; `error` is {code, detail}. */
export function refused(outbox, clientId, error) {
  return changed(outbox, clientId, { state: "failed", error });
}

/** Messages that were refused between these two; not those that an earlier page had left so. */
export function newlyFailed(before, after) {
  const waited = new Set(before.filter(({ state }) => state !== "failed").map(({ clientId }) => clientId));
  return after.filter(({ state, clientId }) => state === "failed" && waited.has(clientId));
}

/** The channels in which a message was refused. */
export function channelsWithFailed(outbox) {
  return new Set(outbox.filter(({ state }) => state === "failed").map(({ channel }) => channel));
}

/** A person asked for another try. */
export function retried(outbox, clientId) {
  return changed(outbox, clientId, { state: "waiting", error: null });
}

/** The message left: its entry arrived, or a person let it go. */
export function removed(outbox, clientId) {
  return outbox.some((item) => item.clientId === clientId)
    ? outbox.filter((item) => item.clientId !== clientId)
    : outbox;
}

/** The connection broke: nobody will answer for what was on its way. */
export function interrupted(outbox) {
  return outbox.map((item) => (item.state === "sending" ? { ...item, state: "waiting" } : item));
}

/** Read what an earlier page kept, dropping what does not look like a message. */
export function restored(saved) {
  if (!Array.isArray(saved)) return emptyOutbox;
  return saved
    .filter(
      (item) => Number.isInteger(item?.channel) && typeof item.clientId === "string" && typeof item.text === "string",
    )
    .slice(0, CAPACITY)
    .map(({ channel, clientId, text, at, thread, files, state, error }) => ({
      channel,
      clientId,
      text,
      at: String(at),
      thread: Number.isInteger(thread) ? thread : 0,
      files: Array.isArray(files) ? files.filter((file) => typeof file?.id === "string") : [],
      error: error ?? null,
      entry: null,
      state: state === "failed" ? "failed" : "waiting",
    }));
}

function changed(outbox, clientId, change) {
  return outbox.map((item) => (item.clientId === clientId ? { ...item, ...change } : item));
}
