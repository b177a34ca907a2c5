/** A TCP server that misbehaves as real ones cannot be made to. */
import net from 'node:net';

/** A fake that listens. */
export interface FakeServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Calls `serve` for each connection, on a free port of the loopback interface or at the path of a socket. */
export async function fakeServer(serve: (socket: net.Socket) => void, path?: string): Promise<FakeServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    // Whoever talks to it hangs up at will.
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(path, resolve);
  });
  return {
    port: path === undefined ? (server.address() as net.AddressInfo).port : 0,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
