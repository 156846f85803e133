/**
 * `mip6guard config check`: everything that a start would refuse, without starting.
 */
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Terminal } from '../terminal.ts';
import { declarationsOf } from './declarations.ts';
import { nodeAdvice } from './node-advice.ts';
import { readNodeFile } from './node-file.ts';
import { nodeAssociations } from './node-keys.ts';
import { readSendSigning } from './send-files.ts';
import { readTrustAnchors } from './trust-anchors.ts';

/** @throws CliError (2) with every problem */
export async function checkNodeFile(file: string, terminal: Terminal): Promise<ExitCode> {
  const settings = await readNodeFile(file);
  const declarations = declarationsOf(settings);
  const warn = (text: string): void => {
    terminal.say(`mip6guard: warning: ${text}`);
  };
  const associations = await nodeAssociations(settings.keys, declarations, warn);
  for (const sentence of nodeAdvice(settings)) warn(sentence);
  readTrustAnchors(settings.mobileNode?.trustAnchors ?? []);
  await readSendSigning(settings);
  const links = settings.links.map((link) => link.interface).join(', ');
  const counts = `${declarations.length} home addresses, ${associations.length} associations`;
  terminal.output.write(`${settings.role} on ${links}: ${counts}\n`);
  return EXIT.clean;
}
