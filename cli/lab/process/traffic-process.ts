/**
 * Programs of the mobile node and of its correspondent: ordinary sockets, which know nothing of mobility.
 */
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Terminal } from '../../terminal.ts';
import { ADDRESSES, SERVICE_PORTS } from '../plan.ts';

/** Milliseconds between two writes, and between two probes. */
const STEP = 10;
/** Milliseconds that the other side has at the end. */
const PATIENCE = 20_000;

/** What came of a transfer or of probes; times in milliseconds. */
export interface TrafficSummary {
  readonly sent: number;
  readonly received: number;
  readonly longestGap: number;
}

/** Times between arrivals. */
class Arrivals {
  count = 0;
  longestGap = 0;
  #last: number | undefined;

  arrived(octets: number): void {
    const now = performance.now();
    if (this.#last !== undefined) this.longestGap = Math.max(this.longestGap, now - this.#last);
    this.#last = now;
    this.count += octets;
  }
}

/** The correspondent's services: takes transfers, and says what came; sends back datagrams. @returns its end */
export async function startServices(): Promise<() => void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const arrivals = new Arrivals();
    socket.on('data', (chunk) => {
      arrivals.arrived(chunk.length);
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      const { count, longestGap } = arrivals;
      socket.end(`${JSON.stringify({ received: count, longestGap })}\n`);
    });
  });
  const echo = createSocket('udp6', (message, from) => {
    echo.send(message, from.port, from.address);
  });
  await Promise.all([
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(SERVICE_PORTS.transfer, '::', resolve);
    }),
    new Promise<void>((resolve, reject) => {
      echo.once('error', reject);
      echo.bind(SERVICE_PORTS.echo, '::', resolve);
    }),
  ]);
  echo.on('error', () => undefined);
  return () => {
    server.close();
    echo.close();
  };
}

/**
 * Sends a stream to the correspondent.
 * @param rate octets a second
 * @throws Error when the connection ends before its time
 */
export function transfer(seconds: number, rate: number): Promise<TrafficSummary> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answer = '';
    const started = performance.now();
    const socket = connect(SERVICE_PORTS.transfer, ADDRESSES.correspondent);
    const timer = setInterval(() => {
      const elapsed = performance.now() - started;
      if (elapsed >= seconds * 1000) {
        clearInterval(timer);
        socket.end();
        patience.refresh();
        return;
      }
      const due = Math.floor((elapsed / 1000) * rate) - sent;
      // What the connection does not take now is not sent faster later on.
      if (due <= 0 || socket.connecting || socket.writableNeedDrain) return;
      const octets = Math.min(due, Math.ceil(rate / 4));
      socket.write(new Uint8Array(octets));
      sent += octets;
    }, STEP);
    const fail = (error: Error): void => {
      clearInterval(timer);
      clearTimeout(patience);
      socket.destroy();
      reject(error);
    };
    const patience = setTimeout(
      () => {
        fail(new Error('the correspondent does not answer'));
      },
      seconds * 1000 + PATIENCE,
    );
    socket.setEncoding('utf8');
    socket.on('error', fail);
    socket.on('data', (text) => {
      answer += String(text);
    });
    socket.on('end', () => {
      clearInterval(timer);
      clearTimeout(patience);
      const summary: unknown = JSON.parse(answer);
      if (
        typeof summary === 'object' &&
        summary !== null &&
        'received' in summary &&
        'longestGap' in summary
      ) {
        resolve({
          sent,
          received: Number(summary.received),
          longestGap: Number(summary.longestGap),
        });
      } else fail(new Error('the connection ended before its time'));
    });
  });
}

/**
 * Sends datagrams to the correspondent, which sends them back, until the signal.
 * @param interval milliseconds
 * @param onFirst the first one is back
 */
export function probe(
  interval: number,
  signal: AbortSignal,
  onFirst: () => void,
): Promise<TrafficSummary> {
  return new Promise((resolve) => {
    let sent = 0;
    const arrivals = new Arrivals();
    const socket = createSocket('udp6', () => {
      if (arrivals.count === 0) onFirst();
      arrivals.arrived(1);
    });
    socket.on('error', () => undefined);
    const timer = setInterval(() => {
      // Without a way to the correspondent a datagram is lost, as on any network.
      socket.send(Uint8Array.of(sent & 0xff), SERVICE_PORTS.echo, ADDRESSES.correspondent, () => {
        sent++;
      });
    }, interval);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
      socket.close();
      resolve({ sent, received: arrivals.count, longestGap: arrivals.longestGap });
    });
  });
}

/** Writes a summary for the command that started this process. */
export async function tellSummary(
  work: Promise<TrafficSummary>,
  terminal: Terminal,
): Promise<void> {
  terminal.output.write(`${JSON.stringify(await work)}\n`);
}
