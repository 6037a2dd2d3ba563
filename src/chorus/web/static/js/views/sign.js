/** Signing in, signing up, and creating the server: one card, three wordings. */

import { complaint } from "../api.js";
import { h, icon } from "../dom.js";
import { handleFor } from "../text/people.js";
import { alertLine } from "./alert.js";

const WORDS = {
  create: {
    title: () => "Create your server",
    lead: "You are the first one here. This account will own the server.",
    submit: "Create server",
  },
  up: {
    title: (name) => `Join ${name}`,
    lead: "Pick a name and a password, and start talking.",
    submit: "Create account",
  },
  in: { title: (name) => `Sign in to ${name}`, lead: "Welcome back.", submit: "Sign in" },
};

/**
 * The signing card.
 *
 * Args:
 *   server: {name, accounts, sign_up, invite} as the server says it.
 *   invite: the token of the link that the page was opened with, or null.
 *   onSigned: called when a session stands.
 *   notice: a line to show above the form, or null.
 */
export function signView({ server, api, onSigned, invite = null, notice = null }) {
  const element = h("main", { class: "sign" });
  const welcome = server.invite ?? null;
  const open = server.sign_up === "open" || welcome !== null;
  if (server.accounts && invite && !open) notice ??= "This invite link has expired or was used up. Ask for another one.";
  show(!server.accounts ? "create" : welcome ? "up" : "in");
  return element;

  function show(mode) {
    const words = WORDS[mode];
    const isNew = mode !== "in";
    const name = field({
      name: "name",
      label: "Your name",
      autocomplete: "name",
      placeholder: "Ada Lovelace",
      maxlength: 64,
    });
    const handle = field({
      name: "handle",
      label: "Handle",
      autocomplete: "username",
      placeholder: "ada",
      prefix: "@",
      hint: isNew ? "What others type to mention you, 2 to 32 letters, digits, dots, dashes or underscores." : null,
    });
    const password = field({
      name: "password",
      label: "Password",
      type: "password",
      autocomplete: isNew ? "new-password" : "current-password",
      hint: isNew ? "At least 8 characters. A short sentence is easy to keep." : null,
      minlength: isNew ? 8 : null,
      after: revealer(() => password.input),
    });
    if (isNew) suggestHandle(name.input, handle.input);

    const { line: alert, attempt } = alertLine();
    const submit = h(
      "button",
      { type: "submit", class: "button primary wide", dataset: { testid: "submit" } },
      words.submit,
    );
    const form = h(
      "form",
      { class: "sign-form", onsubmit: (event) => (event.preventDefault(), sign()) },
      isNew && name.element,
      handle.element,
      password.element,
      alert,
      submit,
    );
    element.replaceChildren(
      h(
        "section",
        { class: "sign-card", "aria-labelledby": "sign-title" },
        h("img", { class: "sign-logo", src: "/icons/chorus.svg", alt: "", width: 48, height: 48 }),
        h("h1", { id: "sign-title" }, words.title(server.name)),
        h("p", { class: "sign-lead" }, mode === "up" && welcome ? `${welcome.by} invites you${welcome.role === "guest" ? " as a guest" : ""}.` : words.lead),
        notice && h("p", { class: "sign-notice" }, notice),
        form,
        otherWay(mode),
      ),
      h("p", { class: "sign-foot" }, "Chorus, on a server of your own."),
    );
    (isNew ? name : handle).input.focus();

    async function sign() {
      submit.disabled = true;
      submit.classList.add("busy");
      const credentials = { handle: handle.input.value.trim().replace(/^@/, ""), password: password.input.value };
      try {
        const refused = await attempt(async () => {
          await (isNew ? api.signUp({ ...credentials, name: name.input.value.trim(), ...(welcome ? { invite } : {}) }) : api.signIn(credentials));
          onSigned();
        });
        if (!refused) return;
        const { field } = complaint(refused);
        (({ name, handle, password })[field] ?? (refused.code === "conflict" ? handle : password)).input.focus();
      } finally {
        submit.disabled = false;
        submit.classList.remove("busy");
      }
    }
  }

  function otherWay(mode) {
    if (mode === "create") return null;
    const [question, answer, other] =
      mode === "in" ? ["New here?", "Create an account", "up"] : ["Have an account?", "Sign in", "in"];
    if (other === "up" && !open) {
      return h("p", { class: "sign-other" }, "New here? Ask somebody who runs this server for an invite link.");
    }
    return h(
      "p",
      { class: "sign-other" },
      `${question} `,
      h(
        "button",
        { type: "button", class: "link", dataset: { testid: `to-sign-${other}` }, onclick: () => show(other) },
        answer,
      ),
    );
  }
}

function field({ name, label, hint = null, prefix = null, after = null, ...attributes }) {
  const id = `sign-${name}`;
  const input = h("input", {
    id,
    name,
    required: true,
    dataset: { testid: name },
    autocapitalize: name === "name" ? "words" : "none",
    spellcheck: "false",
    "aria-describedby": hint && `${id}-hint`,
    ...attributes,
  });
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h(
      "div",
      { class: "field-box" },
      prefix && h("span", { class: "field-prefix", "aria-hidden": "true" }, prefix),
      input,
      after,
    ),
    hint && h("p", { class: "field-hint", id: `${id}-hint` }, hint),
  );
  return { element, input };
}

function revealer(input) {
  const button = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "Show password",
      "aria-pressed": "false",
      onclick: () => {
        const shown = input().type === "password";
        input().type = shown ? "text" : "password";
        button.setAttribute("aria-pressed", String(shown));
        button.replaceChildren(icon(shown ? "eye-off" : "eye"));
      },
    },
    icon("eye"),
  );
  return button;
}

function suggestHandle(name, handle) {
  let own = false;
  handle.addEventListener("input", () => (own = handle.value !== ""));
  name.addEventListener("input", () => {
    if (!own) handle.value = handleFor(name.value);
  });
}
