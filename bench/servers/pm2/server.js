// The smallest server of Node: who answers. It ends as PM2's documentation has it: what is open is finished first.
// usage: node server.js (PORT in the environment), or with its socket as descriptor 3 (LISTEN_FDS)
const { createServer } = require("node:http");

const server = createServer((_request, response) => response.end(String(process.pid)));
const shutdown = () => server.close(() => process.exit(0));

server.listen(process.env.LISTEN_FDS ? { fd: 3 } : Number(process.env.PORT));
process.on("SIGINT", shutdown);
process.on("SIGTERM", shutdown);
