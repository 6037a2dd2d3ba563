/** Light, dark, or as the system says; first-paint.js puts the choice on the page before anything is drawn. */

export const THEMES = ["system", "light", "dark"];

const KEY = "chorus.theme";

export function chosenTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

export function chooseTheme(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  } else {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  }
}
