// Node's Socket.IO as teams run it: one INSERT a message through pg, acknowledged, then to the room by the Redis adapter.
// usage: node durable.js DATABASE_URL PORT REDIS_PORT
const { createServer } = require("node:http");
const { Redis } = require("ioredis");
const { Pool } = require("pg");
const { createAdapter } = require("@socket.io/redis-adapter");
const { Server } = require("socket.io");

const [url, port, redisPort] = process.argv.slice(2);
const pool = new Pool({ connectionString: url, max: 10 });
const http = createServer((_request, response) => response.end("ready"));
const io = new Server(http, { perMessageDeflate: false, transports: ["websocket"] });
const publisher = new Redis({ host: "127.0.0.1", port: Number(redisPort) });
io.adapter(createAdapter(publisher, publisher.duplicate()));

const TABLE =
  "CREATE TABLE IF NOT EXISTS node_messages (id bigserial PRIMARY KEY, room text NOT NULL, body jsonb NOT NULL, " +
  "created_at timestamptz NOT NULL DEFAULT now())";

io.on("connection", (socket) => {
  socket.on("join", (room, joined) => {
    socket.data.room = room;
    socket.join(room);
    joined();
  });
  socket.on("msg", async (payload, answer) => {
    await pool.query("INSERT INTO node_messages (room, body) VALUES ($1, $2)", [socket.data.room, payload]);
    answer({ ok: true });
    io.to(socket.data.room).emit("msg", payload);
  });
});

pool.query(TABLE).catch(() => pool.query(TABLE)).then(() => http.listen(Number(port), "127.0.0.1"));
