import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNodeFile } from '../../../cli/nodes/node-file.ts';
import { readSendSigning } from '../../../cli/nodes/send-files.ts';
import { CliError } from '../../../cli/exit-codes.ts';
import type { Certificate } from '../../../engine/crypto/certificate.ts';
import { TestAuthorities } from '../../nodes/send/certificates.ts';
import { MemoryNodes, example } from './memory-nodes.ts';

const authorities = new TestAuthorities('2001:db8:1::');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-send-'));
  const key = authorities.routerKey.privateKey.export({ format: 'pem', type: 'pkcs8' });
  write('router.key', key.toString());
  write('path.pem', pem(authorities.operator) + pem(authorities.router));
  write('reversed.pem', pem(authorities.router) + pem(authorities.operator));
  write('gap.pem', pem(authorities.anchor) + pem(authorities.router));
  write('router.der', authorities.router.der);
  write('text.pem', 'nothing of use');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, content: string | Uint8Array): void {
  writeFileSync(path.join(folder, name), content);
}

function pem({ der }: Certificate): string {
  return new X509Certificate(der).toString();
}

/** The home agent of the example, signing with files of the folder. */
async function signing(key: string, certificates: string) {
  const text = example('ha').replace(
    '    minimumInterval: 1\n',
    `    minimumInterval: 1\n    send: { key: ${key}, certificates: [${certificates}] }\n`,
  );
  write('ha.yaml', text);
  return readSendSigning(await readNodeFile(path.join(folder, 'ha.yaml')));
}

/** What it says, without the folder. */
async function refusal(key: string, certificates: string): Promise<string> {
  try {
    await signing(key, certificates);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    expect(error.exitCode).toBe(2);
    return error.message.replaceAll(`${folder}/`, '');
  }
  throw new Error('nothing was refused');
}

describe('key and certificates of signed advertisements', () => {
  it('are read from files beside the configuration, in PEM or DER', async () => {
    const found = await signing('router.key', 'path.pem');
    expect(found?.certificates).toEqual(authorities.path);
    expect(found?.key.publicKey).toEqual(authorities.router.publicKey);
    expect((await signing('router.key', 'router.der'))?.certificates).toEqual([authorities.router]);
  });

  it('are not there when nothing is said of them', async () => {
    write('plain.yaml', example('ha'));
    expect(
      await readSendSigning(await readNodeFile(path.join(folder, 'plain.yaml'))),
    ).toBeUndefined();
  });

  it.each([
    ['router.key', 'absent.pem', /^absent\.pem: cannot be read/],
    ['router.key', 'text.pem', /^text\.pem: expected X\.509 version 3 certificates/],
    ['path.pem', 'path.pem', /^path\.pem: expected an RSA private key in PEM/],
    ['router.key', 'reversed.pem', /^reversed\.pem: expected the certificate of the key/],
    ['router.key', 'gap.pem', /^gap\.pem: certificate 2 of the path is not issued by/],
  ])('%s with %s is refused by name', async (key, certificates, message) => {
    expect(await refusal(key, certificates)).toMatch(message);
  });
});

describe('nodes whose home link is signed', () => {
  const moved = async (trusted: Certificate) => {
    const nodes = new MemoryNodes();
    const found = await signing('router.key', 'path.pem');
    // What the file of the home agent says, put into the example again.
    const send = `    minimumInterval: 1\n    send: { key: a, certificates: [b] }\n`;
    const ha = await nodes.add(
      'ha',
      ['home', 'core'],
      (text) => text.replace('    minimumInterval: 1\n', send),
      { signing: found },
    );
    const mn = await nodes.add(
      'mn',
      ['access'],
      (text) => text.replace('homeLink: never', 'homeLink: send\n  trustAnchors: [c]'),
      { trustAnchors: [trusted] },
    );
    nodes.scheduler.advance(5000);
    for (const { node } of [ha, mn]) node.start();
    nodes.scheduler.advance(15_000);
    const state = () => mn.node.mobileNode?.homeAddresses[0]?.state;
    expect(state()).toBe('registered');
    mn.ports[0]?.moveTo(nodes.links.home);
    nodes.scheduler.advance(25_000);
    const alarms = nodes.alarms();
    const after = state();
    nodes.close();
    return { state: after, alarms };
  };

  it('come home by their configuration, and only to the anchor that they trust', async () => {
    expect(await moved(authorities.anchor)).toEqual({ state: 'home', alarms: [] });
    const { state, alarms } = await moved(new TestAuthorities().anchor);
    expect(state).not.toBe('home');
    expect(alarms).toContain('mn send-path-not-found');
  });
});
