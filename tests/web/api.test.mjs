import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Api, ApiError, complaint } from "../../src/chorus/web/static/js/api.js";

let requests, answers, api, signedOut, now, shelf;

function answer(status, body = {}, headers = {}) {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  return new Response(status === 204 ? null : JSON.stringify(body), {
    status,
    headers: { "Content-Type": type, ...headers },
  });
}

beforeEach(() => {
  requests = [];
  answers = {};
  signedOut = 0;
  now = 1_000;
  shelf = new Map();
  api = new Api({
    fetch: async (url, { method, body }) => {
      requests.push(`${method} ${url}`);
      const next = answers[`${method} ${url.replace("/api/v1", "")}`]?.shift();
      if (!next) throw new TypeError("fetch failed");
      return typeof next === "function" ? next(body) : next;
    },
    locks: undefined,
    storage: { getItem: (key) => shelf.get(key) ?? null, setItem: (key, value) => shelf.set(key, value) },
    clock: () => now,
  });
  api.onSignedOut = () => signedOut++;
});

test("an expired session is renewed once and the request repeated", async () => {
  answers = { "GET /bootstrap": [answer(401), answer(200, { hello: 1 })], "POST /session/refresh": [answer(200)] };

  assert.deepEqual(await api.bootstrap(), { hello: 1 });
  assert.deepEqual(requests, ["GET /api/v1/bootstrap", "POST /api/v1/session/refresh", "GET /api/v1/bootstrap"]);
});

test("requests that fail together renew the session together", async () => {
  answers = {
    "GET /bootstrap": [answer(401), answer(200)],
    "PUT /channels/1/read": [answer(401), answer(204)],
    "POST /session/refresh": [answer(200)],
  };
  await Promise.all([api.bootstrap(), api.markRead(1, 2)]);

  assert.equal(requests.filter((each) => each.endsWith("/refresh")).length, 1);
});

test("a session that another tab has just renewed is not renewed again", async () => {
  now = 2_000;
  const renewedBeside = () => ((now = 3_000), shelf.set("chorus.refreshed-at", "2500"), answer(401));
  answers = { "GET /bootstrap": [renewedBeside, answer(200)] };
  await api.bootstrap();

  assert.equal(
    requests.some((each) => each.endsWith("/refresh")),
    false,
  );
});

test("a session that was renewed while the computer's clock was ahead is renewed all the same", async () => {
  shelf.set("chorus.refreshed-at", "9000000");
  answers = { "GET /bootstrap": [answer(401), answer(200, { hello: 1 })], "POST /session/refresh": [answer(200)] };

  assert.deepEqual(await api.bootstrap(), { hello: 1 });
  assert.equal(shelf.get("chorus.refreshed-at"), "1000");
});

test("a session that cannot be renewed is over", async () => {
  answers = { "GET /bootstrap": [answer(401)], "POST /session/refresh": [answer(401)] };

  await assert.rejects(api.bootstrap(), { code: "unauthenticated", status: 401 });
  assert.equal(signedOut, 1);
});

test("a server that does not answer while renewing does not end the session", async () => {
  answers = { "GET /bootstrap": [answer(401)] };

  await assert.rejects(api.bootstrap(), { code: "unreachable" });
  assert.equal(signedOut, 0);
});

test("a wrong password is an error of the form, not the end of a session", async () => {
  answers = { "POST /session": [answer(401, { code: "unauthenticated", detail: "These do not go together." })] };

  await assert.rejects(api.signIn({ handle: "a", password: "b" }), { message: "These do not go together." });
  assert.equal(requests.length, 1);
});

test("problems keep the server's code, detail and pause", async () => {
  answers = {
    "POST /channels": [
      answer(409, { code: "conflict", detail: "There is one." }),
      answer(503, {}, { "Retry-After": "3" }),
    ],
  };

  await assert.rejects(api.createChannel({}), { code: "conflict", message: "There is one." });
  await assert.rejects(api.createChannel({}), { code: "unavailable", retryAfter: 3 });
});

test("an error page that is not JSON is still an error with words", async () => {
  answers = {
    "GET /server": [new Response("<html>bad gateway", { status: 502, headers: { "Content-Type": "text/html" } })],
  };

  await assert.rejects(api.server(), /answered 502/);
});

test("a complaint names the field it is about", () => {
  const error = new ApiError({ status: 400, code: "invalid", detail: "handle: expected 2 to 32 letters" });

  assert.deepEqual(complaint(error), { field: "handle", words: "Handle: expected 2 to 32 letters" });
});

test("an archive is asked for once the session is renewed, and its refusal says when to come again", async () => {
  answers = {
    "HEAD /me/export": [answer(401), new Response(null, { status: 200 }), answer(429, {}, { "Retry-After": "30" })],
    "POST /session/refresh": [answer(200)],
  };

  assert.equal(await api.exportFrom("/me/export"), "/api/v1/me/export");
  await assert.rejects(api.exportFrom("/me/export"), { status: 429, retryAfter: 30 });
});
