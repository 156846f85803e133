/**
 * `mip6guard config check`: everything that a start would refuse, without starting.
 */
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { declarationsOf } from './declarations.ts';
import { nodeAdvice } from './node-advice.ts';
import { readNodeFile } from './node-file.ts';
import { nodeAssociations } from './node-keys.ts';
import { readSendSigning } from './send-files.ts';
import { readTrustAnchors } from './trust-anchors.ts';

/** What comes of it, or undefined and one more problem. */
async function told<T>(problems: CliError[], read: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    problems.push(error);
    return undefined;
  }
}

/** @throws CliError (2) with every problem */
export async function checkNodeFile(file: string, terminal: Terminal): Promise<ExitCode> {
  const settings = await readNodeFile(file);
  const declarations = declarationsOf(settings);
  const warn = (text: string): void => {
    terminal.say(`mip6guard: warning: ${text}`);
  };
  const problems: CliError[] = [];
  const associations = await told(problems, () =>
    nodeAssociations(settings.keys, declarations, warn),
  );
  await told(problems, () => readTrustAnchors(settings.mobileNode?.trustAnchors ?? []));
  await told(problems, () => readSendSigning(settings));
  for (const sentence of nodeAdvice(settings)) warn(sentence);
  if (problems.length > 0 || associations === undefined) {
    throw new CliError(EXIT.usage, problems.map(({ message }) => message).join('\n'));
  }
  const links = settings.links.map((link) => link.interface).join(', ');
  const counts = `${declarations.length} home addresses, ${associations.length} associations`;
  terminal.output.write(`${settings.role} on ${links}: ${counts}\n`);
  return EXIT.clean;
}
