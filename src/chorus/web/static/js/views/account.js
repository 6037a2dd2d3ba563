/** One's own account: name, password, and the devices on which one is signed in. */

import { ApiError, complaint } from "../api.js";
import { h, icon } from "../dom.js";
import { deviceName } from "../text/devices.js";
import { inFull } from "../text/time.js";
import { alertLine } from "./alert.js";
import { openDialog } from "./dialog.js";
import { exportButton } from "./export.js";

export function accountDialog({ store, api, toasts }) {
  const list = h("ul", { class: "device-list", dataset: { testid: "devices" } });
  const name = textField("Your name", "own-name", { value: store.state.me.name, maxlength: "64", autocomplete: "name" });
  const old = textField("Current password", "old-password", { type: "password", autocomplete: "current-password" });
  const fresh = textField("New password", "new-password", {
    type: "password",
    autocomplete: "new-password",
    minlength: "8",
  });
  const rename = form([name], "Save", "rename-submit", async () => {
    const account = await api.rename(name.input.value.trim());
    store.apply({ is: "AccountChanged", account });
    toasts.notice("Your name is changed.");
  });
  const password = form([old, fresh], "Change password", "password-submit", async () => {
    await api.changePassword(old.input.value, fresh.input.value);
    old.input.value = fresh.input.value = "";
    toasts.notice("Your password is changed. Other devices are signed out.");
    await load();
  });
  const mine = exportButton({ api, words: "Export my data", testid: "export-own", from: () => "/me/export" });
  openDialog({
    title: "Your account",
    kind: "tall",
    body: h(
      "div",
      { class: "dialog-body details" },
      rename,
      h("h3", {}, "Devices"),
      list,
      h("h3", {}, "Password"),
      password,
      h("h3", {}, "Your data"),
      h(
        "p",
        { class: "soft" },
        "A zip of what you wrote and uploaded, of your direct messages and groups, and of what you saved.",
      ),
      mine.alert,
      h("div", { class: "dialog-foot" }, mine.button),
    ),
  });
  load();

  async function load() {
    try {
      list.replaceChildren(...(await api.devices()).map(row));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      list.replaceChildren(h("li", { class: "browse-none" }, error.message));
    }
  }

  function row(device) {
    const name = deviceName(device.agent);
    const seen = inFull(new Date(device.seen_at));
    return h(
      "li",
      { class: "person-row" },
      h("span", { class: "device-sign" }, icon("monitor")),
      h(
        "div",
        { class: "person-words" },
        h("strong", {}, name),
        h("span", {}, device.current ? "This device" : `Seen ${seen} · ${device.address}`),
      ),
      !device.current &&
        h(
          "button",
          {
            type: "button",
            class: "button small",
            "aria-label": `Sign out ${name}, seen ${seen}`, // two of one kind differ in when
            dataset: { testid: "end-device" },
            onclick: () => end(device),
          },
          "Sign out",
        ),
    );
  }

  async function end({ id }) {
    try {
      await api.endDevice(id);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 404) toasts.error(`Could not sign the device out. ${error.message}`);
    }
    await load();
  }
}

function form(fields, words, testid, send) {
  const { line: alert, attempt } = alertLine((error) => complaint(error).words.replace(/^(Old|New): /, ""));
  const submit = h("button", { type: "submit", class: "button small", dataset: { testid } }, words);
  return h(
    "form",
    {
      class: "details-about",
      onsubmit: async (event) => {
        event.preventDefault();
        submit.disabled = true;
        try {
          await attempt(send);
        } finally {
          submit.disabled = false;
        }
      },
    },
    fields.map(({ element }) => element),
    alert,
    h("div", { class: "dialog-foot" }, submit),
  );
}

function textField(label, id, attributes) {
  const input = h("input", { id, required: true, dataset: { testid: id }, ...attributes });
  return {
    input,
    element: h("div", { class: "field" }, h("label", { for: id }, label), h("div", { class: "field-box" }, input)),
  };
}
