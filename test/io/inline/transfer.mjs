/**
 * TCP between two programs:
 *   node transfer.mjs serve ADDRESS PORT          takes one connection, sends back all that came when it has come
 *   node transfer.mjs echo ADDRESS PORT OCTETS    sends, and fails unless the same octets come back
 */
import { createHash, randomBytes } from 'node:crypto';
import net from 'node:net';

const [mode, address, port, octets = '0'] = process.argv.slice(2);
const digest = (data) => createHash('sha256').update(data).digest('hex');

function whole(socket, then) {
  const parts = [];
  socket.on('data', (part) => parts.push(part));
  socket.on('end', () => then(Buffer.concat(parts)));
}

if (mode === 'serve') {
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    server.close();
    whole(socket, (data) => socket.end(data));
  });
  server.listen(Number(port), address, () => console.log('ready'));
} else {
  const data = randomBytes(Number(octets));
  const start = performance.now();
  const socket = net.connect({ host: address, port: Number(port), allowHalfOpen: true }, () => {
    socket.end(data);
  });
  whole(socket, (back) => {
    const isSame = digest(back) === digest(data);
    console.log(JSON.stringify({ isSame, octets: back.length, ms: performance.now() - start }));
    process.exitCode = isSame ? 0 : 1;
  });
}
