// Node's Socket.IO with the events of the scenarios; with a Redis port, instances are joined by its Redis adapter.
// usage: node server.js PORT [REDIS_PORT]
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const [port, redisPort] = process.argv.slice(2).map(Number);
const http = createServer((_request, response) => response.end("ready"));
const io = new Server(http, { perMessageDeflate: false, transports: ["websocket"] });

if (redisPort) {
  const { Redis } = require("ioredis");
  const { createAdapter } = require("@socket.io/redis-adapter");
  const publisher = new Redis({ host: "127.0.0.1", port: redisPort });
  io.adapter(createAdapter(publisher, publisher.duplicate()));
}

io.on("connection", (socket) => {
  socket.on("join", (room, joined) => {
    socket.data.room = room;
    socket.join(room);
    joined();
  });
  socket.on("msg", (payload) => io.to(socket.data.room).emit("msg", payload));
  socket.on("echo", (payload, answer) => answer(payload));
});

http.listen(port, "127.0.0.1");
