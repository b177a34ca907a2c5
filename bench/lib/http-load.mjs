// A closed loop over keep-alive connections that costs hardly anything itself: the same bytes again and again.
import net from 'node:net';

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n');

/** Connections to a server, kept between rounds. */
export class HttpLoad {
  #sockets = [];

  /** Opens `connections` of them. */
  static async open(port, connections) {
    const load = new HttpLoad();
    for (let i = 0; i < connections; i++) load.#sockets.push(await connect(port));
    return load;
  }

  /** Sends `requests`, one at a time on each connection, and waits for every answer. */
  async run(requests) {
    const each = Math.ceil(requests / this.#sockets.length);
    await Promise.all(this.#sockets.map((socket) => exchange(socket, each)));
    return each * this.#sockets.length;
  }

  close() {
    for (const socket of this.#sockets) socket.destroy();
  }
}

function connect(port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.once('connect', () => resolve(socket)).once('error', reject);
  });
}

/** The answer of the server is shorter than a segment: it comes in one piece, and ends with the body's brace. */
function exchange(socket, requests) {
  return new Promise((resolve, reject) => {
    let left = requests;
    const onData = (chunk) => {
      if (chunk[chunk.length - 1] !== 125) return;
      if (--left > 0) {
        socket.write(REQUEST);
        return;
      }
      socket.off('data', onData).off('error', reject);
      resolve();
    };
    socket.on('data', onData).once('error', reject);
    socket.write(REQUEST);
  });
}
