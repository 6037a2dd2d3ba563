/** A WebSocket whose other side is the test. */

export class FakeWebSocket {
  sent = [];
  closed = false;
  onmessage = null;
  onclose = null;

  send(text) {
    this.sent.push(text);
  }

  close() {
    this.closed = true;
  }

  says(text) {
    this.onmessage?.({ data: text });
  }

  breaks(code = 1006) {
    this.onclose?.({ code });
  }
}

const TIMES = { pingInterval: 25_000, pingTimeout: 20_000 };

export const HANDSHAKE = `0${JSON.stringify({ sid: "x", upgrades: [], ...TIMES, maxPayload: 1_000_000 })}`;

/** Let promises that are settled run what waits for them. */
export async function settled() {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}
