/**
 * Runs a peer program beside others.
 */
import { spawn } from 'node:child_process';

/**
 * What a program writes to its standard output.
 * @param environment beside the one of the test.
 * @throws Error with its standard error when it fails
 */
export function collectOutput(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  input: string | Uint8Array = '',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env: { ...process.env, ...environment } });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    // It may end without having read everything.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(output).toString('latin1'));
      else {
        const said = Buffer.concat(errors).toString('utf8').slice(-2000);
        reject(new Error(`${command} ended with ${String(code)}: ${said}`));
      }
    });
  });
}
