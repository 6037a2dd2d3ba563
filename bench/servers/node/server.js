// Node's Socket.IO with the two events of the room scenarios.
// usage: node server.js PORT
const { createServer } = require("node:http");
const { Server } = require("socket.io");

const http = createServer((_request, response) => response.end("ready"));
const io = new Server(http, { perMessageDeflate: false, transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("join", (room) => {
    socket.data.room = room;
    socket.join(room);
  });
  socket.on("msg", (payload) => io.to(socket.data.room).emit("msg", payload));
});

http.listen(Number(process.argv[2]), "127.0.0.1");
