/**
 * Commands over a unix socket: a line with a JSON object in, a line with a JSON object out, in order.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { jsonText } from '../../io/export/json-text.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/** Octets of a request. */
export const MAX_REQUEST_OCTETS = 64 * 1024;
/** Clients at the same time. */
export const MAX_CLIENTS = 16;
/** Milliseconds after which a silent client is sent away. */
const IDLE_MILLISECONDS = 300_000;
/** Milliseconds that one who is sent away has to read why. */
const FAREWELL_MILLISECONDS = 1000;
const OWNER_ONLY = 0o600;
const LINE_FEED = 0x0a;

/** A socket that listens. */
export interface ControlServer {
  /** Sends the clients away and removes the socket. */
  close(): Promise<void>;
}

/** Answers one line. Never rejects. */
export type Answer = (line: string) => Promise<object>;

/**
 * Listens at `file`, which only the owner may use. What a killed sensor left there is removed.
 * @throws CliError (2) when something else is there, or a sensor answers; (4) when it cannot be made
 */
export async function serveControl(file: string, answer: Answer): Promise<ControlServer> {
  await clearPlace(file);
  const clients = new Set<Socket>();
  // A client may say that it is done before it has its answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const isTooMany = clients.size >= MAX_CLIENTS;
    clients.add(socket);
    socket.on('close', () => clients.delete(socket));
    if (isTooMany) {
      sendAway(socket, `there are ${MAX_CLIENTS} clients already`);
      return;
    }
    new Client(socket, answer).start();
  });
  await listening(server, file);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const socket of clients) socket.destroy();
      }),
  };
}

/** One client. What it sends while its request is carried out is not read. */
class Client {
  readonly #socket: Socket;
  readonly #answer: Answer;
  #octets = Buffer.alloc(0);
  #isBusy = false;
  #isEnded = false;

  constructor(socket: Socket, answer: Answer) {
    this.#socket = socket;
    this.#answer = answer;
  }

  start(): void {
    const socket = this.#socket;
    socket.setTimeout(IDLE_MILLISECONDS, () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#octets = Buffer.concat([this.#octets, chunk]);
      void this.#work();
    });
    socket.on('end', () => {
      this.#isEnded = true;
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    this.#socket.pause();
    for (let line = this.#nextLine(); line !== undefined; line = this.#nextLine()) {
      if (line.trim() === '') continue;
      const written = this.#send(await this.#answer(line));
      if (!written) await this.#drained();
      if (this.#socket.destroyed) return;
    }
    if (this.#octets.length > MAX_REQUEST_OCTETS) {
      sendAway(this.#socket, `a line has at most ${MAX_REQUEST_OCTETS} octets`);
      return;
    }
    this.#isBusy = false;
    if (this.#isEnded) this.#socket.end();
    else this.#socket.resume();
  }

  /** The next whole line; undefined when there is none, or it is too long. */
  #nextLine(): string | undefined {
    const at = this.#octets.indexOf(LINE_FEED);
    if (at > MAX_REQUEST_OCTETS) return undefined;
    if (at < 0) {
      // The last line of a client that has nothing more to say needs no end.
      if (!this.#isEnded || this.#octets.length === 0) return undefined;
      if (this.#octets.length > MAX_REQUEST_OCTETS) return undefined;
    }
    const line = this.#octets.subarray(0, at < 0 ? undefined : at).toString('utf8');
    this.#octets = at < 0 ? Buffer.alloc(0) : Buffer.from(this.#octets.subarray(at + 1));
    return line;
  }

  #send(answer: object): boolean {
    return this.#socket.write(`${jsonText(answer)}\n`);
  }

  #drained(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      const go = (): void => {
        socket.off('drain', go);
        socket.off('close', go);
        resolve();
      };
      if (socket.destroyed) resolve();
      socket.on('drain', go);
      socket.on('close', go);
    });
  }
}

/** Says why, and ends the connection, whatever the client does. */
function sendAway(socket: Socket, error: string): void {
  socket.removeAllListeners('data');
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(`${jsonText({ ok: false, error })}\n`);
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MILLISECONDS);
  socket.on('close', () => {
    clearTimeout(timer);
  });
}

/** Removes what a killed sensor left. Throws CliError. */
async function clearPlace(file: string): Promise<void> {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isSocket()) {
    throw new CliError(EXIT.usage, `--control ${file}: something else is there, no socket`, {
      hint: 'Give --control another name.',
    });
  }
  if (await isAnswered(file)) {
    throw new CliError(EXIT.usage, `--control ${file}: another sensor listens there`, {
      hint: 'Give --control another name, or end that sensor.',
    });
  }
  unlinkSync(file);
}

function isAnswered(file: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(file);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

function listening(server: Server, file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The socket is made at once, so that nobody else can use it before its mode is set.
    const mask = process.umask(0o777 & ~OWNER_ONLY);
    server.once('error', (error: Error) => {
      reject(new CliError(EXIT.environment, `--control ${file}: ${error.message}`));
    });
    server.listen(file, () => {
      chmodSync(file, OWNER_ONLY);
      server.removeAllListeners('error');
      server.on('error', () => undefined);
      resolve();
    });
    process.umask(mask);
  });
}
