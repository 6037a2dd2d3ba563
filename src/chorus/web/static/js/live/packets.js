/**
 * Engine.IO v4 and Socket.IO v5 packets, text only: bytes on the wire ⇄ plain objects. Pure.
 *
 *     decodeEngine('42/chat,7["hi",1]')  →  {type: "message", data: '2/chat,7["hi",1]'}
 *     decodeSocket('2/chat,7["hi",1]')   →  {type: "event", namespace: "/chat", id: 7, data: ["hi", 1]}
 *
 * Sources: github.com/socketio/engine.io-protocol (revision 4), github.com/socketio/socket.io-protocol (revision 5).
 */

const ENGINE = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const SOCKET = ["connect", "disconnect", "event", "ack", "connect_error"];
const LONGEST_ID = 15; // digits; a number beyond 2^53 would not be exact

/** A packet that the protocol does not allow; `message` shows what was found. */
export class PacketError extends Error {}

export function encodeEngine(type, data = "") {
  return `${numberOf(ENGINE, type)}${data}`;
}

export function decodeEngine(text) {
  const type = typeof text === "string" ? ENGINE[text.charCodeAt(0) - 48] : undefined;
  if (!type) throw new PacketError(`an Engine.IO packet starts with a digit from 0 to 6, found ${shown(text)}`);
  return { type, data: text.slice(1) };
}

/** The open packet's {pingInterval, pingTimeout, …}, both in milliseconds. */
export function decodeHandshake(json) {
  const handshake = jsonOf(json, json);
  if (!(handshake?.pingInterval > 0 && handshake?.pingTimeout > 0)) {
    throw new PacketError(`a handshake has a positive pingInterval and pingTimeout, found ${shown(json)}`);
  }
  return handshake;
}

export function encodeSocket({ type, namespace = "/", id = null, data }) {
  const place = namespace === "/" ? "" : `${namespace},`;
  return `${numberOf(SOCKET, type)}${place}${id ?? ""}${data === undefined ? "" : JSON.stringify(data)}`;
}

export function decodeSocket(text) {
  const type = SOCKET[text.charCodeAt(0) - 48];
  if (!type) throw new PacketError(`a Socket.IO text packet starts with a digit from 0 to 4, found ${shown(text)}`);

  const place = /^\/[^,]*(?=,|$)/.exec(text.slice(1))?.[0];
  const rest = text.slice(1 + (place ? place.length + 1 : 0));
  const digits = /^\d*/.exec(rest)[0];
  if (digits.length > LONGEST_ID)
    throw new PacketError(`a packet's id has at most ${LONGEST_ID} digits, found ${shown(text)}`);
  const packet = {
    type,
    namespace: place ?? "/",
    id: digits ? Number(digits) : null,
    data: jsonOf(rest.slice(digits.length), text),
  };

  if (type === "event" && !(Array.isArray(packet.data) && typeof packet.data[0] === "string")) {
    throw new PacketError(`an event's data is an array that starts with its name, found ${shown(text)}`);
  }
  if (type === "ack" && !(Array.isArray(packet.data) && packet.id !== null)) {
    throw new PacketError(`an ack has an id and an array, found ${shown(text)}`);
  }
  return packet;
}

function jsonOf(json, text) {
  if (json === "") return undefined;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new PacketError(`a packet's data is JSON, found ${shown(text)}`, { cause: error });
  }
}

function numberOf(types, type) {
  const number = types.indexOf(type);
  if (number < 0) throw new PacketError(`no packet type ${shown(type)}, known: ${types.join(", ")}`);
  return number;
}

function shown(text) {
  return JSON.stringify(typeof text === "string" ? text.slice(0, 60) : String(text));
}
