import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../../../cli/program.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { readSiteFile } from '../../../cli/site-file.ts';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { FIXTURES, auditFiles } from '../../fixtures/expectations.ts';
import { capturedTerminal } from '../captured-terminal.ts';

const rules = await loadRules();
const capture = (name: string): string => path.join(FIXTURES, 'captures', name);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'learn-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Learns from captures. */
async function learn(name: string, ...captures: readonly string[]) {
  const file = path.join(folder, name);
  const terminal = capturedTerminal();
  const code = await runProgram(['learn', '--output', file, ...captures], terminal);
  return { code, file, said: terminal.written.err, text: readFileSync(file, 'utf8') };
}

describe('learning from a normal life', () => {
  it('tells home agent, links, mobile nodes and routers, and that it is to be read', async () => {
    const { code, file, said, text } = await learn('normal.yaml', capture('normal-life.pcapng'));
    expect(code).toBe(0);
    expect(said).toContain('1 home agent, 2 mobile nodes, 5 links, 5 routers. Read it');
    expect(said).not.toContain('warning');
    expect(text).not.toContain('WARNING');
    expect(text).toContain('# acknowledged 2 registrations, the first at packet 87');
    expect(text).toMatch(/# {3}0x[0-9a-f]{8} {2}2001:.* binding \(inferred\)/);
    const site = await readSiteFile(file, rules);
    const told = await readSiteFile(capture('normal-life.site.yaml'), rules);
    expect(
      site.homeAgents.map(({ addresses }) => addresses.map((item) => formatAddress(item))),
    ).toEqual(told.homeAgents.map(({ addresses }) => addresses.map((item) => formatAddress(item))));
    expect(site.homeAgents[0]?.homePrefixes).toEqual(told.homeAgents[0]?.homePrefixes);
    expect(site.homeAgents[0]?.linkLayerAddresses).toEqual(told.homeAgents[0]?.linkLayerAddresses);
    const roles = (of: typeof site) =>
      Object.fromEntries(of.links.map((item) => [item.name, item.role]));
    expect(roles(site)).toEqual(roles(told));
    expect(site.mobileNodes.map(({ homeAddress }) => formatAddress(homeAddress))).toEqual(
      told.mobileNodes.map(({ homeAddress }) => formatAddress(homeAddress)),
    );
  });

  it('gives a file with which the same traffic stays without findings', async () => {
    const { file } = await learn('again.yaml', capture('normal-life.pcapng'));
    const { alerts } = await auditFiles([capture('normal-life.pcapng')], file);
    expect(alerts.map(({ rule }) => rule.id)).toEqual([]);
  });

  it('takes two pcap files without interface names by the names of the files', async () => {
    const files = ['relay-attack-home.pcap', 'relay-attack-foreign.pcap'].map(capture);
    const { file, text } = await learn('files.yaml', ...files);
    expect(text).toContain('files: [relay-attack-foreign.pcap]');
    await expect(readSiteFile(file, rules)).resolves.toMatchObject({ links: { length: 2 } });
  });
});

describe('learning from an attack', () => {
  it('is done with a warning, and leaves out who is named as attacker', async () => {
    const { code, said, text } = await learn('attack.yaml', capture('relay-attack.pcapng'));
    expect(code).toBe(0);
    expect(said).toContain('warning: the traffic was not clean');
    expect(said).toContain('MIP6-1106');
    expect(text).toContain('# WARNING: the traffic was not clean');
    expect(text).toMatch(/left out: fe80::207:40ff:fe53:e1e5 on foreign-1, an attacker by MIP6-1/);
    expect(text).not.toMatch(/- fe80::207:40ff:fe53:e1e5/);
  });

  it('gives a file with which the attack is seen no worse', async () => {
    const { file } = await learn('worse.yaml', capture('relay-attack.pcapng'));
    const before = await auditFiles([capture('relay-attack.pcapng')]);
    const after = await auditFiles([capture('relay-attack.pcapng')], file);
    const ids = ({ alerts }: typeof before) =>
      [...new Set(alerts.map(({ rule }) => rule.id))].sort();
    expect(ids(after)).toEqual(expect.arrayContaining(ids(before)));
    expect(after.incidents.map(({ assessment }) => assessment)).toEqual(['succeeded on both']);
  });

  it('does not write over a capture', async () => {
    const name = capture('relay-attack.pcapng');
    const terminal = capturedTerminal();
    expect(await runProgram(['learn', '--output', name, name], terminal)).toBe(2);
  });
});
