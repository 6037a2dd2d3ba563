/** The browser's way back closes an open thread first, as what lies over a page does on a phone; the channel stays. */

const OF_A_THREAD = { thread: true }; // kept with the address that stands while a thread is open

/** Follow the threads of `store` until `signal`. */
export function closeThreadOnBack(store, actions, signal) {
  let open = false;
  const watch = ({ thread }) => {
    const was = open;
    open = thread !== null;
    if (open && !was && !ofThread()) history.pushState(OF_A_THREAD, "");
    if (was && !open && ofThread()) history.back(); // closed by hand: its place in the history goes as well
  };
  signal.addEventListener("abort", store.watch(watch));
  addEventListener("popstate", () => store.state.thread !== null && !ofThread() && actions.closeThread(), { signal });
}

function ofThread() {
  return Boolean(history.state?.thread);
}
