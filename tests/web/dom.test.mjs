import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange } from "../../src/chorus/web/static/js/dom.js";

/** As much of an element as holds others: what is put in, or moved, is noted. */
class Parent {
  childNodes = [];
  moved = [];

  constructor(...names) {
    for (const name of names) this.insertBefore(this.made(name), null);
    this.moved = [];
  }

  get firstChild() {
    return this.childNodes[0] ?? null;
  }

  made(name) {
    const nodes = () => this.childNodes;
    return {
      name,
      get nextSibling() {
        return nodes()[nodes().indexOf(this) + 1] ?? null;
      },
      remove() {
        nodes().splice(nodes().indexOf(this), 1);
      },
    };
  }

  insertBefore(node, place) {
    if (this.childNodes.includes(node)) node.remove();
    this.childNodes.splice(place === null ? this.childNodes.length : this.childNodes.indexOf(place), 0, node);
    this.moved.push(node.name);
  }

  get names() {
    return this.childNodes.map(({ name }) => name).join("");
  }
}

test("what stays is not moved by what goes or comes, and so keeps its focus", () => {
  const parent = new Parent("a", "b", "c", "d");
  const [, b, , d] = parent.childNodes;
  arrange(parent, [b, parent.made("x"), d]);

  assert.equal(parent.names, "bxd");
  assert.deepEqual(parent.moved, ["x"]);
});

test("what is to stand elsewhere is moved there", () => {
  const parent = new Parent("a", "b", "c");
  const [a, b, c] = parent.childNodes;
  arrange(parent, [c, a, b]);

  assert.equal(parent.names, "cab");
  assert.deepEqual(parent.moved, ["c"]);
});
