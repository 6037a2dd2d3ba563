// The official client, driven by tests: `node client.mjs SCENARIO URL...`; a line of JSON for each thing worth telling.
import { io, Manager } from "socket.io-client";

const [scenario, ...urls] = process.argv.slice(2);
const options = {
  path: process.env.SOCKET_PATH,
  transports: ["websocket"],
  forceNew: true,
  reconnectionDelay: 50,
  reconnectionDelayMax: 100,
};
const tell = (fact) => process.stdout.write(JSON.stringify(fact) + "\n");
const open = (url = urls[0], more = {}) => io(url, { ...options, ...more });
const once = (socket, event) => new Promise((resolve) => socket.once(event, (...args) => resolve(args)));

const scenarios = {
  async echo() {
    const socket = open();
    await once(socket, "connect");
    tell({ id: socket.id, recovered: socket.recovered });
    socket.emit("echo", "é", { n: [1, null, true] });
    tell(await once(socket, "echo"));
    tell(await socket.timeout(30_000).emitWithAck("echo", "answer me"));
    socket.disconnect();
  },

  async binary() {
    const socket = open();
    socket.emit("echo", { deep: [Buffer.from([1, 2, 3])] }, Buffer.alloc(100_000, 7)); // kept until connected
    const [first, second] = await once(socket, "echo");
    tell({ first: [...first.deep[0]], size: second.length, last: second[99_999] });
    const answer = await socket.timeout(30_000).emitWithAck("echo", Buffer.from([9]));
    tell([...answer]);
    socket.disconnect();
  },

  async refusals() {
    const members = open(urls[0] + "/members", { auth: { word: "no" } });
    const [refused] = await once(members, "connect_error");
    tell({ message: refused.message, data: refused.data, connected: members.connected });
    members.auth = { word: "please" };
    members.connect();
    await once(members, "connect");
    tell({ connected: members.connected });
    members.disconnect();
    const unknown = open(urls[0] + "/unknown");
    const [error] = await once(unknown, "connect_error");
    tell({ message: error.message });
    unknown.disconnect();
  },

  async mistakes() {
    const socket = open();
    tell(await socket.timeout(30_000).emitWithAck("join"));
    tell(await socket.timeout(30_000).emitWithAck("nonsense"));
    socket.disconnect();
  },

  async rooms() {
    const sockets = urls.map((url) => open(url)).concat(open(urls[0]));
    await Promise.all(sockets.map((socket) => socket.timeout(30_000).emitWithAck("join", "a")));
    const heard = Promise.all(sockets.slice(1).map((socket) => once(socket, "said")));
    let own = 0;
    sockets[0].on("said", () => own++);
    tell(await reachable(sockets));
    await heard;
    sockets[0].emit("say", "a", "last");
    await sockets[0].timeout(30_000).emitWithAck("echo", "after");
    tell({ own });
    sockets.forEach((socket) => socket.disconnect());
  },

  // Follows two rooms of examples/news.py for as long as it is let, and tells of each entry and each connection.
  async recover() {
    const socket = open(urls[0], { transports: [process.env.TRANSPORT] });
    socket.on("connect", () => tell({ recovered: socket.recovered }));
    socket.on("disconnect", (reason) => tell({ disconnected: reason }));
    socket.on("entry", (entry) => tell({ entry: entry.text }));
    await once(socket, "connect");
    tell({ following: await socket.timeout(30_000).emitWithAck("follow", "sports") });
    await new Promise((resolve) => process.stdin.once("data", resolve));
    socket.disconnect();
  },

  // A hundred clients with the default transports; each connects once or not at all.
  async crowd() {
    const sockets = Array.from({ length: 100 }, () => open(urls[0], { transports: undefined, reconnection: false }));
    const errors = [];
    const connected = await Promise.all(
      sockets.map(
        (socket) =>
          new Promise((resolve) => {
            socket.once("connect", () => resolve(true));
            socket.once("connect_error", (error) => (errors.push(error.message), resolve(false)));
          }),
      ),
    );
    const first = sockets.map((socket) => socket.id?.split(".")[0]);
    const said = (socket, index) => [0, 1, 2].map((turn) => socket.timeout(60_000).emitWithAck("echo", `${index}.${turn}`));
    const answers = await Promise.all(sockets.flatMap(said));
    const right = answers.filter((answer, index) => answer === `${Math.floor(index / 3)}.${index % 3}`).length;
    const upgraded = (socket) =>
      socket.io.engine.transport.name === "websocket" || once(socket.io.engine, "upgrade").then(() => true);
    await Promise.all(sockets.map(upgraded));
    const late = await Promise.all(sockets.map((socket, index) => socket.timeout(60_000).emitWithAck("echo", index)));
    tell({
      onWebSocket: sockets.filter((socket) => socket.io.engine.transport.name === "websocket").length,
      rightAfter: late.filter((answer, index) => answer === index).length,
      connected: connected.filter(Boolean).length,
      errors,
      instances: [...new Set(first)].sort(),
      right,
      stillConnected: sockets.filter((socket) => socket.connected).length,
    });
    sockets.forEach((socket) => socket.disconnect());
  },

  // Upgrades while events fly in both directions; binary ones among them.
  async upgrade() {
    const socket = open(urls[0], { transports: undefined });
    const heard = [];
    socket.on("echo", (number, bytes) => heard.push(number === bytes[0] ? number : -1));
    let sent = 0;
    const talk = setInterval(() => socket.emit("echo", sent % 256, Buffer.from([sent++ % 256])), 1);
    await once(socket.io, "open");
    const before = socket.io.engine.transport.name;
    await once(socket.io.engine, "upgrade");
    await new Promise((resolve) => setTimeout(resolve, 100));
    clearInterval(talk);
    await socket.timeout(30_000).emitWithAck("echo", 0, Buffer.from([0]));
    tell({
      before,
      after: socket.io.engine.transport.name,
      inOrder: heard.every((number, index) => index === sent || number === index % 256),
      missing: sent + 1 - heard.length,
    });
    socket.disconnect();
  },

  // examples/with_fastapi.py: HTTP and sockets share a list.
  async items() {
    const page = open(urls[0], { transports: undefined });
    await once(page, "connect");
    const heard = [];
    page.on("added", (item) => heard.push(item));
    const json = { "content-type": "application/json" };
    await fetch(urls[0] + "/items", { method: "POST", headers: json, body: JSON.stringify({ text: "bread" }) });
    tell(await page.timeout(30_000).emitWithAck("add", { text: "milk" }));
    tell((await page.timeout(30_000).emitWithAck("add", { text: 7 })).error.code);
    tell({ heard, items: await (await fetch(urls[0] + "/items")).json() });
    const authorization = `Bearer ${process.env.ADMIN_TOKEN}`;
    const instances = urls[0] + "/admin/realtime/instances";
    tell([(await fetch(instances)).status, await (await fetch(instances, { headers: { authorization } })).json()]);
    page.disconnect();
  },

  // examples/with_litestar.py: a namespace for each document.
  async documents() {
    const at = (number, name) => open(`${urls[0]}/document/${number}`, { auth: { name }, transports: undefined });
    const [stranger] = await once(at(1), "connect_error");
    tell(stranger.message);
    const [ann, bob, cid] = [at(1, "ann"), at(1, "bob"), at(2, "cid")];
    await Promise.all([ann, bob, cid].map((person) => once(person, "document")));
    let elsewhere = 0;
    cid.onAny(() => elsewhere++);
    ann.emit("edit", { line: 3, text: "once" });
    tell((await once(bob, "edited"))[0]);
    tell(await (await fetch(urls[0] + "/document/1")).json());
    bob.disconnect();
    tell((await once(ann, "left"))[0]);
    tell({ elsewhere });
    [ann, cid].forEach((person) => person.disconnect());
  },

  // Each way a client can be told to reach the server; what it is carried by in the end, and that it is answered.
  async transports() {
    const ways = {
      polling: { transports: ["polling"] },
      websocket: { transports: ["websocket"] },
      upgraded: { transports: ["polling", "websocket"] },
      websocketFirst: { transports: ["websocket", "polling"] },
      neverUpgraded: { upgrade: false, transports: ["polling", "websocket"] },
      withWebTransport: { transports: ["polling", "websocket", "webtransport"] },
      tryAll: { transports: ["websocket", "polling"], tryAllTransports: true, rememberUpgrade: true },
      base64: { transports: ["polling"], forceBase64: true },
      stamped: { transports: ["polling"], timestampRequests: true, timestampParam: "at" },
      query: { query: { token: "é&=" }, extraHeaders: { "x-own": "1" }, withCredentials: true },
      compressed: { transports: ["websocket"], perMessageDeflate: { threshold: 1 } },
    };
    for (const [name, way] of Object.entries(ways)) {
      const socket = open(urls[0], { transports: undefined, ...way });
      await once(socket, "connect");
      const engine = socket.io.engine;
      if (["upgraded", "withWebTransport"].includes(name) && engine.transport.name === "polling") await once(engine, "upgrade");
      const bytes = Buffer.alloc(3000, 7);
      const { text, back } = await socket.timeout(60_000).emitWithAck("echo", { text: "é😀", back: bytes });
      const same = text === "é😀" && Buffer.compare(Buffer.from(back), bytes) === 0;
      tell([name, engine.transport.name, same, await socket.timeout(60_000).emitWithAck("seen")]);
      socket.disconnect();
    }
  },

  // Acknowledgements and retries, in each form the client has.
  async answers() {
    const socket = open();
    tell(await new Promise((resolve) => socket.emit("echo", 1, 2, (...answer) => resolve(answer[0]))));
    tell(await new Promise((resolve) => socket.timeout(30_000).emit("echo", 3, (error, answer) => resolve([error, answer]))));
    tell(await socket.timeout(100).emitWithAck("silent").catch((error) => error.message));
    socket.volatile.emit("echo", "volatile");
    tell((await once(socket, "echo"))[0]);
    socket.compress(false).emit("echo", "uncompressed");
    tell((await once(socket, "echo"))[0]);
    socket.on("question", (a, b, answer) => answer(a + b, "two values"));
    tell(await socket.timeout(30_000).emitWithAck("ask me"));
    socket.disconnect();

    const persistent = open(urls[0], { retries: 3, ackTimeout: 1000 });
    persistent.emit("second time", "a"); // answered too late the first time
    persistent.emit("echo", "b"); // waits for the one before it
    const heard = [];
    persistent.onAny((event, ...args) => heard.push([event, ...args]));
    while (heard.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    tell(heard);
    persistent.disconnect();
  },

  // One connection for several namespaces, and one for each; auth as a function; what is emitted before it connects.
  async multiplexing() {
    const manager = new Manager(urls[0], options);
    let asked = 0;
    const [main, other] = ["/", "/other"].map((name) => manager.socket(name, { auth: (give) => give({ asked: ++asked }) }));
    other.emit("echo", "early");
    await Promise.all([once(main, "connect"), once(other, "echo")]);
    const alone = open(urls[0] + "/other", { multiplex: false, autoConnect: false });
    alone.connect();
    await once(alone, "connect");
    tell({ auth: [await auth(main), await auth(other)], sessions: await main.timeout(30_000).emitWithAck("sessions") });
    main.disconnect();
    tell({ goesOn: await other.timeout(30_000).emitWithAck("echo", "on") });
    main.connect();
    await once(main, "connect");
    tell({ again: main.connected, auth: await auth(main) });
    [main, other, alone].forEach((socket) => socket.disconnect());

    function auth(socket) {
      return socket.timeout(30_000).emitWithAck("auth");
    }
  },

  async pollingOnly() {
    const socket = open(urls[0], { transports: ["polling"] });
    await once(socket, "connect");
    const sent = { text: "é\u2028", bytes: Buffer.alloc(100_000, 7) };
    const { text, bytes } = await socket.timeout(30_000).emitWithAck("echo", sent);
    tell({ text, size: bytes.length, last: bytes[99_999], by: socket.io.engine.transport.name });
    socket.disconnect();
  },

  // The chat, signed in by a token: every client sends one message and waits until it has seen those of all.
  async chat() {
    const token = process.env.TOKEN;
    const sockets = Array.from({ length: 6 }, () => open(urls[0], { transports: undefined, auth: { token } }));
    const seen = sockets.map((socket) => {
      const texts = [];
      socket.on("entry", (entry) => texts.push(entry.text));
      return texts;
    });
    await Promise.all(sockets.map((socket) => once(socket, "caught_up")));
    const sent = await Promise.all(
      sockets.map((socket, index) =>
        socket.timeout(30_000).emitWithAck("message.send", { channel: 1, client_id: crypto.randomUUID(), text: `m${index}` }),
      ),
    );
    while (seen.some((texts) => texts.length < sockets.length)) await new Promise((resolve) => setTimeout(resolve, 5));
    tell({
      acknowledged: sent.filter((answer) => answer.ok).length,
      instances: [...new Set(sockets.map((socket) => socket.id.split(/[.-]/)[0]))].sort(),
      sameOrder: seen.every((texts) => texts.join() === seen[0].join()),
      all: [...seen[0]].sort(),
    });
    sockets.forEach((socket) => socket.disconnect());
  },

  // The chat, signed in by a token: says something every few milliseconds until it is told to end.
  async talk() {
    const socket = open(urls[0], { auth: { token: process.env.TOKEN } });
    const seen = [], acknowledged = [], disconnected = [];
    socket.on("entry", (entry) => seen.push(entry.seq));
    socket.on("disconnect", (reason) => disconnected.push(reason));
    await once(socket, "caught_up");
    const id = socket.id;
    let going = true;
    process.stdin.once("data", () => (going = false));
    tell({ talks: true });
    while (going) {
      const said = { channel: 1, client_id: crypto.randomUUID(), text: `number ${acknowledged.length}` };
      acknowledged.push((await socket.timeout(30_000).emitWithAck("message.send", said)).entry.seq);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    while (seen.at(-1) < acknowledged.at(-1)) await new Promise((resolve) => setTimeout(resolve, 5));
    tell({ disconnected, sameId: socket.id === id, acknowledged, seen });
    socket.disconnect();
  },

  async comeBack() {
    const socket = open();
    socket.on("connect", () => tell({ connected: socket.id }));
    socket.on("disconnect", (reason) => tell({ disconnected: reason }));
    await once(socket, "connect");
    await once(socket, "disconnect");
    await once(socket, "connect");
    tell(await socket.timeout(30_000).emitWithAck("echo", "again"));
    socket.disconnect();
  },
};

// Instances subscribe a moment after the first of them joined: say it until everybody heard.
async function reachable(sockets) {
  const heard = new Set();
  sockets.slice(1).forEach((socket, index) => socket.on("said", () => heard.add(index)));
  const repeat = setInterval(() => sockets[0].emit("say", "a", "hello"), 20);
  while (heard.size < sockets.length - 1) await new Promise((resolve) => setTimeout(resolve, 5));
  clearInterval(repeat);
  return { heard: heard.size };
}

setTimeout(() => (tell({ error: "took too long" }), process.exit(1)), Number(process.env.LONGEST ?? 40_000)).unref();
await scenarios[scenario]();
