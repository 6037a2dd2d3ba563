/**
 * The HTTP API under /api/v1, signed in by cookies.
 *
 * A request answered 401 is repeated once after POST /session/refresh. Refresh tokens rotate and one used twice ends
 * the session, so all tabs of a browser take turns (a Web Lock) and a tab whose neighbour has just refreshed does not.
 */

/** Milliseconds for one request. */
const TIMEOUT = 15_000;

const REFRESHED_AT = "chorus.refreshed-at";

/** An answer that is not a success. `code` is the server's stable word, or "unreachable" when there was no answer. */
export class ApiError extends Error {
  constructor({ status, code, detail, retryAfter = null }) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter; // seconds
  }
}

/** Nobody answered, the server is in trouble, too much was asked at once, or somebody has to sign in again first. */
export function mayYetBeTaken(status) {
  return status === 0 || status === 401 || status === 429 || status >= 500;
}

/** An error for the form that caused it: the server names the field first, as in "handle: expected …". */
export function complaint(error) {
  const field = /^([a-z_]+): /.exec(error.message)?.[1] ?? null;
  return { field, words: error.message.charAt(0).toUpperCase() + error.message.slice(1) };
}

export class Api {
  #fetch;
  #locks;
  #storage;
  #clock;
  #refreshing = null;

  /** Called when the session is over and a person has to sign in again. */
  onSignedOut = () => {};

  constructor({
    fetch = globalThis.fetch.bind(globalThis),
    locks = globalThis.navigator?.locks, // only where the page is secure
    storage = globalThis.localStorage,
    clock = Date.now,
  } = {}) {
    this.#fetch = fetch;
    this.#locks = locks;
    this.#storage = storage;
    this.#clock = clock;
  }

  /** `invite`: the token of a link; the answer then says who invites. */
  server = (invite = null) => this.#open("GET", invite ? `/server?${new URLSearchParams({ invite })}` : "/server");
  signUp = (account) => this.#open("POST", "/accounts", account);
  signIn = (credentials) => this.#open("POST", "/session", credentials);
  signOut = () => this.#signed("DELETE", "/session");

  devices = () => this.#signed("GET", "/sessions");
  endDevice = (id) => this.#signed("DELETE", `/sessions/${encodeURIComponent(id)}`);
  rename = (name) => this.#signed("PATCH", "/me", { name });
  changeAccount = (id, change) => this.#signed("PATCH", `/accounts/${id}`, change);
  invites = () => this.#signed("GET", "/invites");
  createInvite = (invite) => this.#signed("POST", "/invites", invite);
  revokeInvite = (id) => this.#signed("DELETE", `/invites/${encodeURIComponent(id)}`);
  retention = () => this.#signed("GET", "/retention");
  setRetention = (days) => this.#signed("PUT", "/retention", { days });
  setChannelRetention = (id, days) => this.#signed("PUT", `/channels/${id}/retention`, { days });
  /** `act`: one, or a kind of them, as "invite."; nothing: all. `before`: the `next` of the page before, or null. */
  audit = ({ act, before }) => {
    const asked = Object.entries({ act, before }).filter(([, value]) => value !== null && value !== "");
    return this.#signed("GET", `/audit?${new URLSearchParams(asked)}`);
  };

  /** The address of an archive, when the server would begin it now; `what`: "/export", "/me/export", "/channels/1/export". */
  exportFrom = async (what) => {
    await this.#signed("HEAD", what); // renews the session, which a download cannot
    return `/api/v1${what}`;
  };

  bots = () => this.#signed("GET", "/bots");
  createBot = (bot) => this.#signed("POST", "/bots", bot);
  createToken = (id, token) => this.#signed("POST", `/bots/${id}/tokens`, token);
  revokeToken = (id, token) => this.#signed("DELETE", `/bots/${id}/tokens/${encodeURIComponent(token)}`);
  incoming = () => this.#signed("GET", "/webhooks/incoming");
  createIncoming = (webhook) => this.#signed("POST", "/webhooks/incoming", webhook);
  deleteIncoming = (id) => this.#signed("DELETE", `/webhooks/incoming/${encodeURIComponent(id)}`);
  outgoing = () => this.#signed("GET", "/webhooks/outgoing");
  createOutgoing = (webhook) => this.#signed("POST", "/webhooks/outgoing", webhook);
  deleteOutgoing = (id) => this.#signed("DELETE", `/webhooks/outgoing/${encodeURIComponent(id)}`);
  emoji = () => this.#signed("GET", "/emoji");
  commands = () => this.#signed("GET", "/commands");
  createCommand = (command) => this.#signed("POST", "/commands", command);
  deleteCommand = (name) => this.#signed("DELETE", `/commands/${encodeURIComponent(name)}`);

  /** What somebody typed after a slash: {client_id, text, thread}. */
  runCommand = (id, typed) => this.#signed("POST", `/channels/${id}/commands`, typed);

  changePassword = (old, fresh) => this.#signed("PUT", "/me/password", { old, new: fresh });

  bootstrap = () => this.#signed("GET", "/bootstrap");
  createChannel = (channel) => this.#signed("POST", "/channels", channel);
  joinChannel = (id) => this.#signed("POST", `/channels/${id}/members`);
  leaveChannel = (id) => this.#signed("DELETE", `/channels/${id}/members/me`);
  changeChannel = (id, change) => this.#signed("PATCH", `/channels/${id}`, change);
  members = (id) => this.#signed("GET", `/channels/${id}/members`);
  addMember = (id, account) => this.#signed("PUT", `/channels/${id}/members/${account}`);
  removeMember = (id, account) => this.#signed("DELETE", `/channels/${id}/members/${account}`);
  converse = (people) => this.#signed("POST", "/conversations", { people });

  /** Outlives the page, so that it can be said while leaving. */
  markRead = (id, seq) => this.#signed("PUT", `/channels/${id}/read`, { seq }, { keepalive: true });

  /** What follows `seq` is unread again. */
  markUnread = (id, seq) => this.#signed("PUT", `/channels/${id}/read`, { seq, back: true });

  editMessage = (id, seq, change) => this.#signed("PATCH", `/channels/${id}/messages/${seq}`, change);
  deleteMessage = (id, seq) => this.#signed("DELETE", `/channels/${id}/messages/${seq}`);
  react = (id, seq, emoji) => this.#signed("PUT", reaction(id, seq, emoji));
  unreact = (id, seq, emoji) => this.#signed("DELETE", reaction(id, seq, emoji));
  thread = (id, seq) => this.#signed("GET", `/channels/${id}/threads/${seq}`);

  /** A page of history; `where` is {before} | {after} | {around} and a limit of 1 to 200. */
  messages = (id, where) => this.#signed("GET", `/channels/${id}/messages?${new URLSearchParams(where)}`);

  pin = (id, seq) => this.#signed("PUT", `/channels/${id}/messages/${seq}/pin`);
  unpin = (id, seq) => this.#signed("DELETE", `/channels/${id}/messages/${seq}/pin`);
  pins = (id) => this.#signed("GET", `/channels/${id}/pins`);
  edits = (id, seq) => this.#signed("GET", `/channels/${id}/messages/${seq}/edits`);
  saved = () => this.#signed("GET", "/saved");
  save = (id, seq) => this.#signed("PUT", `/saved/${id}/${seq}`);
  unsave = (id, seq) => this.#signed("DELETE", `/saved/${id}/${seq}`);
  drafts = () => this.#signed("GET", "/drafts");
  keepDraft = (draft) => this.#signed("PUT", "/drafts", draft, { keepalive: draft.text.length < 10_000 });
  withdrawFile = (id) => this.#signed("DELETE", `/files/${id}`);

  /** What fits a query: {q, after}. */
  search = (where) => this.#signed("GET", `/search?${new URLSearchParams(where)}`);

  /** Renew the session; true when it stands, false when it is over. Rejects when nobody answers. */
  refresh(since = this.#clock()) {
    this.#refreshing ??= this.#inTurn(() => this.#refreshUnlessDone(since)).finally(() => (this.#refreshing = null));
    return this.#refreshing;
  }

  async #signed(method, path, body, options) {
    const sentAt = this.#clock();
    try {
      return await this.#open(method, path, body, options);
    } catch (error) {
      if (error.status !== 401) throw error;
    }
    if (await this.refresh(sentAt)) return this.#open(method, path, body, options);
    this.onSignedOut();
    throw new ApiError({ status: 401, code: "unauthenticated", detail: "Your session has ended. Sign in again." });
  }

  async #refreshUnlessDone(since) {
    const refreshedAt = this.#refreshedAt();
    if (refreshedAt > since && refreshedAt <= this.#clock()) return true; // noted later than now: the clock was wrong
    try {
      await this.#open("POST", "/session/refresh");
    } catch (error) {
      if (error.status === 401 || error.status === 403) return false;
      throw error;
    }
    this.#noteRefresh();
    return true;
  }

  #refreshedAt() {
    try {
      return Number(this.#storage?.getItem(REFRESHED_AT) ?? 0);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return 0; // privacy settings: other tabs cannot be heard of
    }
  }

  #noteRefresh() {
    try {
      this.#storage?.setItem(REFRESHED_AT, String(this.#clock()));
    } catch (error) {
      if (!(error instanceof DOMException)) throw error; // full or forbidden: other tabs refresh for themselves
    }
  }

  #inTurn(work) {
    return this.#locks ? this.#locks.request("chorus.refresh", work) : work();
  }

  async #open(method, path, body, options = {}) {
    let response;
    try {
      response = await this.#fetch(`/api/v1${path}`, {
        ...options,
        method,
        credentials: "same-origin",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT),
      });
    } catch (cause) {
      const error = new ApiError({
        status: 0,
        code: "unreachable",
        detail: "The server cannot be reached. Check your connection and try again.",
      });
      error.cause = cause;
      throw error;
    }
    if (response.status === 204 || (response.ok && method === "HEAD")) return null;
    if (response.ok) return response.json();
    throw await problemOf(response);
  }
}

function reaction(id, seq, emoji) {
  return `/channels/${id}/messages/${seq}/reactions/${encodeURIComponent(emoji)}`;
}

async function problemOf(response) {
  const problem = (response.headers.get("Content-Type") ?? "").includes("json")
    ? await response.json().catch(() => ({}))
    : {};
  return new ApiError({
    status: response.status,
    code: problem.code ?? "unavailable",
    detail: problem.detail || problem.title || `The server answered ${response.status}. Try again in a moment.`,
    retryAfter: Number(response.headers.get("Retry-After")) || null,
  });
}
