/**
 * `mip6guard sensor control`: asks a running sensor.
 */
import { connect } from 'node:net';
import { jsonText } from '../../io/export/json-text.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { safeText } from '../report/safe-text.ts';
import type { Terminal } from '../terminal.ts';

/** Milliseconds to wait for the answer. */
const ANSWER_MILLISECONDS = 30_000;
/** Largest answer, octets: 10,000 bindings with their history. */
const MAX_ANSWER = 256 * 1024 * 1024;

/** Whom a command asks, for the words of a failure. */
export interface Asked {
  readonly name: string;
  readonly hint: string;
}

const SENSOR: Asked = {
  name: 'a sensor',
  hint: 'It is the socket of --control; only the user of the sensor and root may use it.',
};

/** A request of words: `name=value`; `rules=` is a list with commas. Throws CliError (2). */
export function requestOf(command: string, words: readonly string[]): object {
  const values = words.map((word): [string, string | string[]] => {
    const at = word.indexOf('=');
    if (at <= 0) {
      throw new CliError(EXIT.usage, `argument '${word}': name=value was expected`, {
        hint: 'Example: mip6guard sensor control SOCKET mute rules=MIP6-1106 for=2h',
      });
    }
    const name = word.slice(0, at);
    const value = word.slice(at + 1);
    return [name, name === 'rules' ? value.split(',') : value];
  });
  return { ...Object.fromEntries(values), command };
}

/**
 * Sends a request and writes the answer, a line.
 * @returns 0; 2 when the sensor refuses
 * @throws CliError (4) when nobody answers
 */
export async function askSensor(
  socketFile: string,
  request: object,
  terminal: Terminal,
  asked: Asked = SENSOR,
): Promise<ExitCode> {
  const answer = await exchanged(socketFile, `${jsonText(request)}\n`, asked);
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    throw new CliError(EXIT.environment, `${socketFile}: the answer is no JSON`);
  }
  const shown = terminal.isOutputTerminal ? JSON.stringify(value, undefined, 2) : answer.trimEnd();
  terminal.output.write(`${shown.split('\n').map(safeText).join('\n')}\n`);
  const isOk = typeof value === 'object' && value !== null && 'ok' in value && value.ok === true;
  return isOk ? EXIT.clean : EXIT.usage;
}

/** Sends a line, and takes the answer. Rejects with CliError (4) when nobody answers. */
export function exchanged(file: string, line: string, asked: Asked = SENSOR): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      socket.destroy();
      reject(
        new CliError(EXIT.environment, `no answer from ${asked.name} at ${file}: ${reason}`, {
          hint: asked.hint,
        }),
      );
    };
    const chunks: Buffer[] = [];
    let octets = 0;
    const socket = connect(file, () => {
      socket.end(line);
    });
    socket.setTimeout(ANSWER_MILLISECONDS, () => {
      fail('it takes too long');
    });
    socket.on('error', (error) => {
      fail(error.message);
    });
    socket.on('data', (chunk: Buffer) => {
      octets += chunk.length;
      if (octets > MAX_ANSWER) fail('the answer is too long');
      else chunks.push(chunk);
    });
    socket.on('end', () => {
      if (octets === 0) fail('it ended without a word');
      else resolve(Buffer.concat(chunks).toString('utf8'));
    });
  });
}
