import assert from "node:assert/strict";
import { test } from "node:test";

import { filesPasted } from "../../src/chorus/web/static/js/views/attaching.js";

const picture = { name: "image.png" };

test("what an office program copies is words, though a picture of them lies beside", () => {
  const cells = { types: ["text/plain", "text/html", "text/rtf", "Files"], files: [picture] };

  assert.deepEqual(filesPasted(cells), []);
});

test("a picture of a page, and a file that was copied, are files", () => {
  for (const types of [["text/html", "Files"], ["text/plain", "Files"], ["Files"]]) {
    assert.deepEqual(filesPasted({ types, files: [picture] }), [picture]);
  }
});
