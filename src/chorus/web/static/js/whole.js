// Not a module, so that it is there when one of them is not: while a cluster goes over to another release, a page may get
// files of both. Where they do not fit together nothing would be shown; so the page is begun again, and not for ever.
{
  const KEY = "chorus.begun-again";
  const PAUSE = 60_000; // milliseconds from one attempt to the next: a page that is broken stays broken

  const shown = () => document.getElementById("app")?.hasChildNodes() ?? false;
  const lately = () => Date.now() - Number(sessionStorage.getItem(KEY)) < PAUSE;

  addEventListener(
    "error",
    ({ target }) => {
      const ofCode = target === window || target instanceof HTMLScriptElement; // not a picture's
      if (!ofCode || shown() || lately()) return;
      sessionStorage.setItem(KEY, String(Date.now()));
      location.reload();
    },
    true, // what could not be fetched is told to its element alone
  );
}
