// The official client, driven by tests: `node client.mjs SCENARIO URL...`; a line of JSON for each thing worth telling.
import { io } from "socket.io-client";

const [scenario, ...urls] = process.argv.slice(2);
const options = { transports: ["websocket"], forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100 };
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
    tell(await socket.timeout(5000).emitWithAck("echo", "answer me"));
    socket.disconnect();
  },

  async binary() {
    const socket = open();
    socket.emit("echo", { deep: [Buffer.from([1, 2, 3])] }, Buffer.alloc(100_000, 7)); // kept until connected
    const [first, second] = await once(socket, "echo");
    tell({ first: [...first.deep[0]], size: second.length, last: second[99_999] });
    const answer = await socket.timeout(5000).emitWithAck("echo", Buffer.from([9]));
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
    tell(await socket.timeout(5000).emitWithAck("join"));
    tell(await socket.timeout(5000).emitWithAck("nonsense"));
    socket.disconnect();
  },

  async rooms() {
    const sockets = urls.map((url) => open(url)).concat(open(urls[0]));
    await Promise.all(sockets.map((socket) => socket.timeout(5000).emitWithAck("join", "a")));
    const heard = Promise.all(sockets.slice(1).map((socket) => once(socket, "said")));
    let own = 0;
    sockets[0].on("said", () => own++);
    tell(await reachable(sockets));
    await heard;
    sockets[0].emit("say", "a", "last");
    await sockets[0].timeout(5000).emitWithAck("echo", "after");
    tell({ own });
    sockets.forEach((socket) => socket.disconnect());
  },

  async comeBack() {
    const socket = open();
    socket.on("connect", () => tell({ connected: socket.id }));
    socket.on("disconnect", (reason) => tell({ disconnected: reason }));
    await once(socket, "connect");
    await once(socket, "disconnect");
    await once(socket, "connect");
    tell(await socket.timeout(5000).emitWithAck("echo", "again"));
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

setTimeout(() => (tell({ error: "took too long" }), process.exit(1)), 20_000).unref();
await scenarios[scenario]();
