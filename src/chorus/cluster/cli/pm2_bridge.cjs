// Loaded before a Node program that a PM2 file runs in cluster mode (node --require).
//
// Under PM2 such a program shares its port through Node's cluster module, and says process.send('ready'). Here the
// keeper holds the socket and passes it as descriptor 3 (LISTEN_FDS), and readiness is READY=1 on NOTIFY_SOCKET.
// A program that does not handle SIGINT itself finishes its open requests before it ends, so that a reload loses none.
'use strict';

const dns = require('node:dns');
const net = require('node:net');
const { spawnSync } = require('node:child_process');

const SOCKET = 3;
// Whose word it was can be told while the one who said it is there: so it stays until what it said is read, which it
// knows by the end of a pipe that the reader closes (sd_notify_barrier(3)).
const NOTIFY = `
import os, select, socket, sys
place = os.environ["NOTIFY_SOCKET"]
channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
channel.connect("\\0" + place[1:] if place[0] == "@" else place)
channel.send(sys.argv[1].encode())
reading, writing = os.pipe()
socket.send_fds(channel, [b"BARRIER=1"], [writing])
os.close(writing)
select.select([reading], [], [], 5)
`;

const passed = process.env.LISTEN_PID === String(process.pid) && Number(process.env.LISTEN_FDS) >= 1;
const waitsForSend = process.env.CHORUS_READY === 'send';

const servers = new Set();
let said = false;

// Node has no datagram sockets of the Unix kind, so a short Python says it; the keeper knows it by its session.
function sayReady() {
  if (said || !process.env.NOTIFY_SOCKET) return;
  said = true;
  spawnSync(process.env.CHORUS_PYTHON || 'python3', ['-I', '-S', '-c', NOTIFY, 'READY=1'], { stdio: 'ignore' });
}

function portOf(first) {
  const port = typeof first === 'object' && first !== null ? first.port : first;
  return /^\d+$/.test(String(port)) ? Number(port) : null;
}

function hostOf([first, second]) {
  const host = typeof first === 'object' && first !== null ? first.host : second;
  return typeof host === 'string' && !['', '0.0.0.0', '::'].includes(host) ? host : null;
}

// The socket is bound before the program says where it listens, to HOST of its variables or to every address. What it
// asks for holds all the same: a connection to another address is closed.
function keepTo(server, addresses) {
  server.prependListener('connection', (socket) => {
    const reached = socket.localAddress?.replace(/^::ffff:/, '');
    if (reached !== undefined && !addresses.includes(reached)) socket.destroy();
  });
}

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...given) {
  const port = portOf(given[0]);
  if (port !== null && !waitsForSend) this.once('listening', sayReady);
  servers.add(this);
  this.once('close', () => servers.delete(this));
  if (port === null || !passed || port !== Number(process.env.PORT)) return listen.apply(this, given);
  const called = given.find((each) => typeof each === 'function');
  const begin = () => listen.call(this, { fd: SOCKET }, ...(called ? [called] : []));
  const host = hostOf(given);
  if (host === null) return begin();
  dns.lookup(host, { all: true }, (error, found) => {  // as Node itself does before it listens
    if (error) return this.emit('error', error);
    keepTo(this, found.map((each) => each.address));
    return begin();
  });
  return this;
};

process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') > 1) return;
  const closed = [...servers].map((server) => new Promise((resolve) => {
    server.close(resolve);
    server.closeIdleConnections?.();
  }));
  Promise.all(closed).then(() => process.exit(0));
});

if (process.send === undefined) {
  process.send = (message, ...rest) => {
    if (message === 'ready') sayReady();
    const called = rest.find((each) => typeof each === 'function');
    if (called) process.nextTick(called, null);
    return true;
  };
}
