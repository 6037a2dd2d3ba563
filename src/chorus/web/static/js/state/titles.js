/** What channels, conversations and people are called on the page. All pure. */

const shared = new WeakMap(); // accounts → the names that several of them have

export function isConversation(channel) {
  return channel.kind === "direct" || channel.kind === "group";
}

/** A person's name; with the handle where another one has the same name. */
export function nameOf(account, accounts) {
  if (!account) return "Someone";
  return sharedNames(accounts).has(account.name) ? `${account.name} (@${account.handle})` : account.name;
}

/** The accounts a conversation is with, oneself left out; alone, it is with oneself. */
export function othersIn(channel, { accounts, me }) {
  const others = channel.people.filter((id) => id !== me.id);
  return (others.length > 0 ? others : [me.id]).map((id) => accounts[id] ?? null);
}

/** "general", or the names of those a conversation is with. */
export function titleOf(channel, state) {
  if (!isConversation(channel)) return channel.name;
  const names = othersIn(channel, state).map((account) => nameOf(account, state.accounts));
  return isNotes(channel) ? `${names[0]} (you)` : names.join(", ");
}

/** "#general", or the names of those a conversation is with: for sentences. */
export function labelOf(channel, state) {
  return isConversation(channel) ? titleOf(channel, state) : `#${channel.name}`;
}

/** The icon that stands before its title. */
export function signOf(channel) {
  return { private: "lock", direct: "at", group: "people" }[channel.kind] ?? "hash";
}

/** A conversation with oneself alone. */
export function isNotes(channel) {
  return channel.kind === "direct" && channel.people.length === 1;
}

/** People by name, oneself first when `me` is given; those who left are at the end. */
export function byName(accounts, me = null) {
  const order = new Intl.Collator();
  const place = (account) => (account.id === me?.id ? 0 : account.deactivated ? 2 : 1);
  return Object.values(accounts).sort(
    (one, other) =>
      place(one) - place(other) || order.compare(one.name, other.name) || order.compare(one.handle, other.handle),
  );
}

/** The people whose name or handle has what was typed, in the order given. */
export function peopleMatching(people, typed) {
  const wanted = plain(typed.trim().replace(/^@/, ""));
  if (!wanted) return people;
  return people.filter(({ name, handle }) => plain(name).includes(wanted) || plain(handle).includes(wanted));
}

/** A name as it is sought: in small letters, without accents, which few can type of other languages. */
export function plain(name) {
  return name.normalize("NFD").replace(/\p{Mn}/gu, "").toLocaleLowerCase();
}

function sharedNames(accounts) {
  let names = shared.get(accounts);
  if (!names) {
    const once = new Set();
    names = new Set();
    for (const { name } of Object.values(accounts)) (once.has(name) ? names : once).add(name);
    shared.set(accounts, names);
  }
  return names;
}
