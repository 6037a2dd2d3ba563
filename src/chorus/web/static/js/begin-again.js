// Not a module, so that it is there when one of them is not: while a cluster goes over to another release, a page may get
// files of both. Where they do not fit together nothing would be shown; so the page is begun again, and not for ever.
{
  const KEY = "chorus.begun-again";
  const PAUSE = 60_000; // milliseconds from one attempt to the next: a page that is broken stays broken

  const shown = () => document.getElementById("app")?.hasChildNodes() ?? false;

  /** Note that it is begun again; false when that was lately, or cannot be noted. */
  const noted = () => {
    try {
      if (Date.now() - Number(sessionStorage.getItem(KEY)) < PAUSE) return false;
      sessionStorage.setItem(KEY, String(Date.now()));
      return true;
    } catch {
      return false; // storage is forbidden: there would be no end of it
    }
  };

  addEventListener(
    "error",
    ({ target }) => {
      const ofCode = target === window || target instanceof HTMLScriptElement; // not a picture's
      if (ofCode && !shown() && noted()) location.reload();
    },
    true, // what could not be fetched is told to its element alone
  );
}
