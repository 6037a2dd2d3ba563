/** Whose session the browser has: its tabs share the cookies, so that whoever signs in in one of them does so in all. */

const KEY = "chorus.account";

/** Tell the other tabs that this account is signed in; until the signal, `onOther()` when one of them says another one. */
export function shareSession(account, onOther, signal) {
  try {
    localStorage.setItem(KEY, String(account));
  } catch (error) {
    if (!(error instanceof DOMException)) throw error; // not allowed: the next connection says whose it is
  }
  const told = ({ key, newValue }) => key === KEY && newValue !== null && newValue !== String(account) && onOther();
  addEventListener("storage", told, { signal });
}
