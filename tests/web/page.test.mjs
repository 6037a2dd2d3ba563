import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../src/chorus/web/static/", import.meta.url));
const index = readFileSync(`${root}index.html`, "utf8");
const modules = readdirSync(`${root}js`, { recursive: true })
  .filter((path) => path.endsWith(".js"))
  .map((path) => `/js/${path}`);
const text = (path) => readFileSync(root + path, "utf8");
const imports = (path) =>
  [...text(path).matchAll(/from "(\.[^"]+)"/g)].map(([, to]) => new URL(to, `file://${path}`).pathname);

test("every file the page names is there", () => {
  const named = [...index.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path);

  assert.deepEqual(
    named.filter((path) => !existsSync(root + path)),
    [],
  );
});

test("every module that is imported is there, and is fetched from the start", () => {
  const preloaded = [...index.matchAll(/rel="modulepreload" href="([^"]+)"/g)].map(([, path]) => path);
  const reached = new Set(["/js/app.js"]);
  for (const path of reached) imports(path).forEach((to) => reached.add(to));

  assert.deepEqual(
    [...reached].filter((path) => !existsSync(root + path)),
    [],
  );
  assert.deepEqual(preloaded.toSorted(), [...reached].filter((path) => path !== "/js/app.js").toSorted());
  assert.deepEqual(
    modules.filter((path) => !reached.has(path)),
    ["/js/begin-again.js", "/js/first-paint.js"],
  );
});

test("every icon that is used is in the sprite", () => {
  const drawn = new Set([...text("icons/sprite.svg").matchAll(/symbol id="([\w-]+)"/g)].map(([, id]) => id));
  const used = modules.flatMap((path) =>
    [...text(path).matchAll(/icon\("([\w-]+)"\)|sign: "([\w-]+)"/g)].map(([, one, other]) => one ?? other),
  );

  assert.deepEqual(
    used.filter((name) => !drawn.has(name)),
    [],
  );
});

test("nothing stands inline that the content security policy forbids", () => {
  assert.doesNotMatch(index, /<style|style=|\son\w+=|<script(?![^>]*\ssrc=)/);
  assert.deepEqual(
    modules.filter((path) => /\bstyle: |setAttribute\("style"|\beval\(|new Function/.test(text(path))),
    [],
  );
});

test("a page that waits for the server shows that it does", () => {
  assert.match(text("css/base.css"), /#app:empty::before/);
});

test("the page fetches nothing from elsewhere", () => {
  const files = ["index.html", ...modules, ...readdirSync(`${root}css`).map((name) => `css/${name}`)];

  assert.deepEqual(
    files.filter((path) => /(?:src|href|url\(|import)\s*[=(]?\s*["']?https?:/.test(text(path))),
    [],
  );
});

test("only the server's sanitised HTML is ever parsed as markup", () => {
  const parsing = modules.filter((path) => /innerHTML|insertAdjacentHTML|outerHTML/.test(text(path)));

  assert.deepEqual(parsing, ["/js/dom.js"]);
});

test("pure modules touch neither the page nor the network nor the clock", () => {
  const pure = modules.filter((path) => /^\/js\/(state|text)\/|\/live\/(packets|backoff)\.js$/.test(path));

  assert.ok(pure.length >= 10);
  for (const path of pure) {
    assert.doesNotMatch(
      text(path),
      /\b(document\.|window\.|localStorage|fetch\(|navigator\.|setTimeout|Date\.now|Math\.random|new Date\(\))/,
      path,
    );
  }
});
