// Not a module, so that it runs before the first paint: the chosen theme, without a flash of the other one.
{
  const theme = localStorage.getItem("chorus.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
