import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const css = (name) => readFileSync(new URL(`../../src/chorus/web/static/css/${name}.css`, import.meta.url), "utf8");
const tokens = Object.fromEntries(
  [...css("tokens").matchAll(/--([\w-]+):\s*(?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));/g)].map(
    ([, name, light, dark, both]) => [name, { light: light ?? both, dark: dark ?? both }],
  ),
);

function luminance(colour) {
  const channel = (from) => {
    const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** WCAG 2.2, 1.4.3. */
function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

const PAIRS = {
  ink: ["canvas", "side", "raised", "sunken", "hover", "side-hover", "called"],
  "ink-soft": ["canvas", "side", "raised", "sunken", "hover", "side-hover"],
  "ink-faint": ["canvas", "side", "raised", "sunken", "hover", "called"],
  accent: ["canvas", "raised", "hover", "called"],
  "on-accent": ["accent-ground", "accent-ground-hover", "alert-ground", "alert-ground-hover"],
  "on-accent-soft": ["accent-soft"],
  fresh: ["canvas"],
  alert: ["canvas", "raised", "hover", "alert-soft"],
  "code-keyword": ["sunken"],
  "code-string": ["sunken"],
  "code-number": ["sunken"],
  "code-name": ["sunken"],
  "code-comment": ["sunken"],
};

for (const theme of ["light", "dark"]) {
  test(`words stand out from what they are on by 4.5 to 1 in the ${theme} theme`, () => {
    const weak = Object.entries(PAIRS).flatMap(([ink, grounds]) =>
      grounds
        .map((ground) => [ink, ground, contrast(tokens[ink][theme], tokens[ground][theme])])
        .filter(([, , ratio]) => ratio < 4.5)
        .map(([one, other, ratio]) => `${one} on ${other}: ${ratio.toFixed(2)}`),
    );

    assert.deepEqual(weak, []);
  });
}

test("white initials stand out from every avatar's colour", () => {
  const colours = [...css("avatar").matchAll(/\.avatar-\d \{\s*background: (#\w{6})/g)].map(([, colour]) => colour);

  assert.equal(colours.length, 10);
  assert.deepEqual(
    colours.filter((colour) => contrast("#ffffff", colour) < 4.5),
    [],
  );
});
