import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalModel } from '../../../cli/model/local-model.ts';
import { openLocalModel } from '../../../cli/model/open-local.ts';
import type { FieldNode } from '../../../dissectors/index.ts';
import type { ModelStatus } from '../../../engine/views/model/index.ts';
import { CAPTURES, decodeFile, run } from '../read/run.ts';
import { bundled, openSettled, quietTerminal, settled } from './models.ts';

const HOME = '2001:db8:0:2:20d:93ff:fe55:8f79';
const AGENT = '2001:db8:0:2:21e:bff:fe4e:3b2';
const ATTACKER = '2001:db8:0:4:207:40ff:fe53:e1e4';

const scratch = mkdtempSync(path.join(tmpdir(), 'mip6guard-model-'));
let model: LocalModel;

beforeAll(async () => {
  model = await openLocalModel(bundled('relay-attack.pcapng'), quietTerminal());
  await settled(model);
});
afterAll(async () => {
  await model.close();
  rmSync(scratch, { recursive: true, force: true });
});

function named(nodes: readonly FieldNode[], name: string): FieldNode | undefined {
  for (const node of nodes) {
    const found = node.name === name ? node : named(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('the status of a model', () => {
  it('counts packets, alerts by severity and incidents', () => {
    const { status } = model;
    expect(status).toMatchObject({
      phase: 'complete',
      packets: 89,
      shown: 89,
      forgotten: 0,
      progress: 1,
      isFiltering: false,
      shed: 0,
      alerts: { info: 0, low: 0, medium: 0, high: 1, critical: 6 },
      incidents: 1,
      failure: undefined,
    });
    expect(status.inputs).toEqual([
      expect.objectContaining({ packets: 89, dropped: undefined, fault: undefined }),
    ]);
    expect(status.lastTime - status.firstTime).toBeCloseTo(69.27, 2);
  });

  it('is told to who listens, until they end it', async () => {
    const seen: ModelStatus[] = [];
    const end = model.subscribe((status) => seen.push(status));
    await expect.poll(() => seen.length).toBe(1);
    end();
    const others: ModelStatus[] = [];
    const endOther = model.subscribe((status) => others.push(status));
    await expect.poll(() => others.length).toBe(1);
    endOther();
    expect(seen.length).toBe(1);
  });

  it('has versions that rise for what changed alone', async () => {
    const before = model.status.versions;
    expect(model.status.versions).toEqual(before);
    await model.mute({ rule: 'MIP6-9999', until: Date.now() + 1000 });
    const { incidents, routability } = model.status.versions;
    expect(incidents).toBeGreaterThan(before.incidents);
    expect(routability).toBe(before.routability);
  });
});

describe('lines and details', () => {
  it('gives lines as `read` prints them', async () => {
    const rows = await model.rows(0, 1000);
    const { keys = [], inputs = [] } = bundled('relay-attack.pcapng');
    const printed = await run('read', '--keys', ...keys, ...inputs);
    const lines = printed.stdout.trimEnd().split('\n');
    expect(rows.length).toBe(89);
    rows.forEach(({ number, source, destination, protocol, info }, i) => {
      const line = lines[i] ?? '';
      expect(line.trim().startsWith(`${number} `)).toBe(true);
      for (const text of [source, destination, protocol, info]) expect(line).toContain(text);
    });
  });

  it('gives the rest at the end of the list, and nothing behind it', async () => {
    expect((await model.rows(87, 10)).map(({ packet }) => packet)).toEqual([87, 88]);
    expect(await model.rows(89, 10)).toEqual([]);
    expect((await model.rows(-5, 2)).map(({ packet }) => packet)).toEqual([0, 1]);
    expect(await model.rows(0, 0)).toEqual([]);
  });

  it('marks packets that prove an alert with its severity', async () => {
    const [advertisement] = await model.rows(65, 1);
    expect(advertisement).toMatchObject({ number: 66, severity: 'critical' });
    expect((await model.rows(0, 1))[0]?.severity).toBeUndefined();
  });

  it('shows a packet with ESP opened, what was found and its home address', async () => {
    const detail = await model.detail(69);
    expect(detail?.row).toMatchObject({ packet: 69, number: 70, protocol: 'MIPv6' });
    expect(detail?.sources.map(({ label }) => label)).toEqual(['Frame', 'Decrypted ESP']);
    expect(named(detail?.nodes ?? [], 'mip6.bu.lifetime')?.value).toBe(0);
    expect(named(detail?.nodes ?? [], 'mip6guard.rule')).toBeDefined();
    expect(detail?.homeAddresses).toEqual([HOME]);
    expect(detail?.alerts.length).toBeGreaterThan(0);
    expect(detail?.time.seconds).toBe(1772438460);
  });

  it('has no detail of a packet that is not there', async () => {
    for (const packet of [-1, 89, 1.5, Number.NaN]) {
      expect(await model.detail(packet)).toBeUndefined();
    }
  });

  it('finds packets by number and lines by packet', async () => {
    expect(await model.packetOf(70)).toBe(69);
    expect(await model.packetOf(0)).toBeUndefined();
    expect(await model.packetOf(90)).toBeUndefined();
    expect(await model.lineOf(12)).toBe(12);
    await model.setFilter('mip6');
    expect(await model.lineOf(0)).toBe(0);
    expect(await model.lineOf(10)).toBe(1);
    expect(await model.lineOf(11)).toBe(2);
    expect(await model.lineOf(88)).toBe(12);
    await model.setFilter('');
  });
});

describe('filters, values and search', () => {
  it('says where a filter is wrong and keeps the one in force', async () => {
    await model.setFilter('mip6');
    const outcome = await model.setFilter('mip6.bu.lifetme == 0');
    expect(outcome).toMatchObject({ ok: false, offset: 0, length: 15 });
    expect(outcome).toEqual(model.checkFilter('mip6.bu.lifetme == 0'));
    expect(model.status).toMatchObject({ filter: 'mip6', shown: 12 });
    expect(await model.setFilter('  ')).toEqual({ ok: true, matched: 89 });
    expect(model.checkFilter('mip6')).toEqual({ ok: true, matched: 0 });
  });

  it('completes fields with values that packets had, most frequent first', async () => {
    expect(await model.valuesOf('mip6.mhtype', '', 10)).toEqual(['5', '6']);
    const [first, ...others] = await model.valuesOf('ipv6.src', '2001:db8:0:2', 10);
    expect(first).toBe(AGENT);
    expect(others).toContain(HOME);
    expect(await model.valuesOf('ipv6.src', '2001:db8:0:2', 1)).toEqual([AGENT]);
    expect(await model.valuesOf('no.such.field', '', 10)).toEqual([]);
    expect(await model.valuesOf('mip6guard.rule', '', 10)).toEqual([]);
  });

  it('finds text in lines and trees, forward, backward and around the end', async () => {
    const query = { kind: 'text', text: 'LIFETIME 0 S' } as const;
    expect(await model.search(query, 0, false)).toBe(68);
    expect(await model.search(query, 68, false)).toBe(69);
    expect(await model.search(query, 88, false)).toBe(68);
    expect(await model.search(query, 68, true)).toBe(71);
    expect(await model.search({ kind: 'text', text: 'Home Address' }, 0, false)).toBe(9);
    expect(await model.search({ kind: 'text', text: 'nowhere to be found' }, 0, false)).toBe(
      undefined,
    );
    expect(await model.search({ kind: 'text', text: '' }, 0, false)).toBeUndefined();
  });

  it('finds regular expressions, and takes no longer for a vicious one', async () => {
    expect(await model.search({ kind: 'regex', text: 'seq 3 .*lifetime 0' }, 0, false)).toBe(68);
    expect(await model.search({ kind: 'regex', text: '(a+)+$|(x+x+)+y' }, 0, false)).toBeDefined();
    expect(await model.search({ kind: 'regex', text: '(' }, 0, false)).toBeUndefined();
  });

  it('finds octets of the frame and of what was decrypted', async () => {
    // Payload Proto 59, length 1, MH Type 6: in ESP alone.
    const octets = Uint8Array.of(59, 1, 6, 0);
    expect(await model.search({ kind: 'hex', octets }, 0, false)).toBe(13);
    const mac = Uint8Array.of(0, 7, 0x40, 0x53, 0xe1, 0xe5);
    expect(await model.search({ kind: 'hex', octets: mac }, 0, false)).toBe(65);
    expect(
      await model.search({ kind: 'hex', octets: new Uint8Array(0) }, 0, false),
    ).toBeUndefined();
  });

  it('finds among shown packets alone', async () => {
    await model.setFilter('mip6.mhtype == 6');
    expect(await model.search({ kind: 'text', text: 'Binding' }, 0, false)).toBe(13);
    expect(await model.search({ kind: 'text', text: 'Router Adv' }, 0, false)).toBeUndefined();
    await model.setFilter('');
  });
});

describe('views', () => {
  it('has the binding with its movements, suspicious for the alerts about it', async () => {
    const [binding, ...others] = await model.view('bindings');
    expect(others).toEqual([]);
    expect(binding).toMatchObject({
      homeAddress: HOME,
      peer: AGENT,
      role: 'home',
      phase: 'deregistered',
      sequence: 3,
      flags: ['A', 'H', 'L'],
      trust: 'suspicious',
      knownBy: 'decrypted',
    });
    expect(binding?.history.map(({ phase, packet }) => [phase, packet])).toEqual([
      ['requested', 9],
      ['registered', 13],
      ['requested', 46],
      ['registered', 48],
      ['deregistration-sent', 68],
      ['deregistered', 70],
    ]);
  });

  it('has associations with counts and replay windows, and no key', async () => {
    const rows = await model.view('associations');
    expect(rows.length).toBe(4);
    expect(rows[0]).toMatchObject({
      role: 'binding',
      packets: 6,
      verified: 6,
      highestSequence: 3,
      replayWindow: '###',
      verdict: 'works',
    });
    expect(rows.every(({ origin }) => origin?.includes('.esp_sa:'))).toBe(true);
  });

  it('has the incident with its stages, evidence and explanation', async () => {
    const [incident, ...others] = await model.view('incidents');
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ id: 1, severity: 'critical', homeAddress: HOME });
    expect(incident?.attackers).toEqual(['00:07:40:53:e1:e5', ATTACKER]);
    expect(incident?.stages.map(({ stage }) => stage)).toEqual([
      'rogue-advertisement',
      'deregistration-provoked',
      'binding-update-relayed',
      'acknowledgement-stripped',
      'unprotected-traffic',
    ]);
    expect(incident?.evidence.find(({ number }) => number === 66)?.packet).toBe(65);
    for (const alert of incident?.alerts ?? []) {
      expect(alert.explanation.length).toBeGreaterThan(20);
      expect(alert.evidence.length).toBeGreaterThan(0);
    }
  });

  it('has nodes with roles, links with prefixes', async () => {
    const { nodes, links, dropped } = await model.view('topology');
    const rolesOf = (address: string): readonly string[] =>
      nodes.find((node) => node.address === address)?.roles ?? [];
    expect(rolesOf(AGENT)).toContain('home-agent');
    expect(rolesOf(HOME)).toEqual(['mobile-node']);
    expect(rolesOf(ATTACKER)).toEqual(['attacker']);
    expect(links.find(({ role }) => role === 'home')?.prefixes).toEqual(['2001:db8:0:2::/64']);
    expect(dropped).toBe(0);
  });

  it('has numbers of the run', async () => {
    const { messages, statusCodes, series, counters } = await model.view('statistics');
    const count = (name: string): number | undefined =>
      messages.find((item) => item.name === name)?.packets;
    expect(count('Binding Update')).toBe(6);
    expect(count('Binding Acknowledgement')).toBe(6);
    expect(statusCodes).toEqual([{ status: 0, name: 'Binding Update accepted', packets: 6 }]);
    const packets = series.find(({ name }) => name === 'packets')?.values ?? [];
    expect(packets.reduce((sum, value) => sum + value, 0)).toBe(89);
    expect(packets.length).toBeLessThanOrEqual(256);
    expect(counters.find(({ name }) => name === 'packets')?.value).toBe(89);
  });

  it('has alerts in the log', async () => {
    const lines = await model.view('log');
    expect(lines.filter(({ text }) => text.startsWith('MIP6-')).length).toBe(7);
  });

  it('has what is noted from outside in the log, made safe', async () => {
    const { log } = model.status.versions;
    await model.note('/home/a\x1b[2J: filters are not kept');
    expect((await model.view('log')).at(-1)).toMatchObject({
      level: 'warning',
      text: '/home/a\\x1b[2J: filters are not kept',
    });
    expect(model.status.versions.log).toBe(log + 1);
  });
});

describe('ladders', () => {
  it('draws the relay with the attacker in a lane of its own', async () => {
    const ladder = await model.ladder({ kind: 'incident', incident: 1 });
    expect(ladder.lanes.map(({ name }) => name)).toEqual(['MN', 'ATK', 'HA']);
    expect(
      ladder.steps.slice(0, 5).map(({ number, from, to, label, layout, isEvidence }) => {
        return [number, from, to, label, layout.join(' '), isEvidence];
      }),
    ).toEqual([
      [66, 1, 'all', 'RA 2001:db8:0:2:21e:bff:fe4e:3b2 H', '', true],
      [69, 0, 1, 'BU seq 3 lifetime 0 A H L', 'ESP', true],
      [70, 1, 2, 'BU seq 3 lifetime 0 A H L', 'HAO ESP', true],
      [71, 2, 1, 'BA status 0 seq 3 lifetime 0', 'RH2 ESP', true],
      [72, 1, 0, 'BA status 0 seq 3 lifetime 0', 'ESP', true],
    ]);
    expect(ladder.notes).toEqual([]);
    expect(ladder.dropped).toBe(0);
  });

  it('draws all signalling of a binding', async () => {
    const ladder = await model.ladder({ kind: 'binding', homeAddress: HOME, peer: AGENT });
    expect(ladder.steps.map(({ number }) => number)).toEqual([
      10, 11, 14, 15, 47, 48, 49, 50, 69, 70, 71, 72,
    ]);
    expect(ladder.steps.find(({ number }) => number === 70)).toMatchObject({
      isEvidence: true,
      severity: 'critical',
    });
    expect(ladder.title).toBe(`Binding of ${HOME} at ${AGENT}`);
  });

  it('is empty of what there is not', async () => {
    for (const homeAddress of ['2001:db8::1', 'nobody']) {
      expect((await model.ladder({ kind: 'binding', homeAddress })).steps).toEqual([]);
    }
    expect((await model.ladder({ kind: 'incident', incident: 99 })).steps).toEqual([]);
  });

  it('draws return routability with both ways of the tests', async () => {
    const other = await openSettled(bundled('normal-life.pcapng'));
    const binding = (await other.view('bindings')).find(({ role }) => role === 'correspondent');
    expect(binding).toBeDefined();
    const { homeAddress = '', peer = '' } = binding ?? {};
    const ladder = await other.ladder({ kind: 'binding', homeAddress, peer });
    const labels = ladder.steps.map(({ label }) => label.split(' ')[0]);
    for (const name of ['HoTI', 'CoTI', 'HoT', 'CoT', 'BU']) expect(labels).toContain(name);
    expect(ladder.lanes.map(({ role }) => role)).toContain('correspondent');
    const init = ladder.steps.find(({ label, layout }) => {
      return label === 'HoTI' && layout.includes('tunnel');
    });
    expect(init?.layout).toContain('ESP');
    const rows = await other.view('routability');
    const row = rows.find(
      (item) => item.homeAddress === homeAddress && item.correspondent === peer,
    );
    expect(row?.authentication).toBe('right');
    expect(row?.missing).toEqual([]);
    expect(row?.home.nonceIndex).toBeDefined();
    expect(row?.careOf.init).toBeDefined();
    const latencies = (await other.view('statistics')).handoverLatency.classes;
    expect(latencies.reduce((sum, { count }) => sum + count, 0)).toBeGreaterThan(0);
  });
});

describe('mutes', () => {
  it('hides alerts of a rule until their time is over', async () => {
    let now = 1_000_000;
    const own = await openLocalModel(bundled('relay-attack.pcapng'), quietTerminal(), () => now);
    await settled(own);
    await own.mute({ rule: 'MIP6-1101', homeAddress: HOME, until: now + 60_000 });
    const before = own.status.alerts.critical;
    await own.mute({ rule: 'MIP6-1101', until: now + 60_000 });
    expect(own.status.alerts.critical).toBe(before - 1);
    const [incident] = await own.view('incidents');
    expect(incident?.alerts.map(({ rule }) => rule)).not.toContain('MIP6-1101');
    expect(incident?.mutedUntil).toBeUndefined();
    now += 61_000;
    expect(own.status.alerts.critical).toBe(before);
    await own.close();
  });

  it('marks an incident of which all alerts are muted', async () => {
    const own = await openSettled(bundled('relay-attack.pcapng'));
    const until = Date.now() + 60_000;
    const [incident] = await own.view('incidents');
    for (const { rule } of incident?.alerts ?? []) await own.mute({ rule, until });
    expect((await own.view('incidents'))[0]?.mutedUntil).toBe(until);
    expect((await own.rows(65, 1))[0]?.severity).toBeUndefined();
  });
});

describe('writing', () => {
  const write = async (
    name: string,
    selection: Parameters<LocalModel['write']>[1],
  ): Promise<ReturnType<typeof decodeFile>> => {
    const file = path.join(scratch, name);
    const { packets } = await model.write(file, selection);
    const decoded = decodeFile(file);
    expect(decoded.packets.length).toBe(packets);
    return decoded;
  };

  it('writes all, shown, named packets and those of an incident, with findings as comments', async () => {
    expect((await write('all.pcapng', { kind: 'all' })).packets.length).toBe(89);
    await model.setFilter('mip6.mhtype == 5');
    expect((await write('shown.pcapng', { kind: 'shown' })).packets.length).toBe(6);
    await model.setFilter('');
    const named = await write('named.pcapng', { kind: 'packets', packets: [69, 3, 3, 4000] });
    expect(named.packets.length).toBe(2);
    expect(named.packets[1]?.comments.some((text) => text.startsWith('MIP6-'))).toBe(true);
    const incident = await write('incident.pcapng', { kind: 'incident', incident: 1 });
    const [row] = await model.view('incidents');
    const proofs = new Set(row?.evidence.map(({ packet }) => packet));
    expect(incident.packets.length).toBe(proofs.size);
  });

  it('writes what `read -w` writes', async () => {
    await write('model.pcapng', { kind: 'all' });
    const { keys = [], inputs = [], config = '' } = bundled('relay-attack.pcapng');
    const file = path.join(scratch, 'read.pcapng');
    await run('read', '-w', file, '--keys', ...keys, '--config', config, ...inputs);
    expect(decodeFile(path.join(scratch, 'model.pcapng')).packets).toEqual(
      decodeFile(file).packets,
    );
  });

  it('says why a file cannot be written, and writes over nothing that is read', async () => {
    const capture = path.join(CAPTURES, 'relay-attack.pcapng');
    await expect(model.write(capture, { kind: 'all' })).rejects.toThrow('which is read');
    const nowhere = path.join(scratch, 'no', 'such', 'place.pcapng');
    await expect(model.write(nowhere, { kind: 'all' })).rejects.toThrow('cannot write');
    await expect(model.write('-', { kind: 'all' })).rejects.toThrow('written to a file');
  });
});

describe('opening', () => {
  const refusal = async (options: Parameters<typeof openLocalModel>[0]): Promise<string> => {
    try {
      await openLocalModel(options, quietTerminal());
      return 'opened';
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
  };

  it('tells what `audit` tells of inputs, sites and keys, with its exit code', async () => {
    const capture = path.join(CAPTURES, 'relay-attack.pcapng');
    const site = path.join(CAPTURES, 'expect.yaml');
    const cases = [
      [{ inputs: ['no-such-file.pcap'] }, ['no-such-file.pcap']],
      [{ inputs: [capture], config: site }, ['--config', site, capture]],
      [{ inputs: [capture], config: 'no-site.yaml' }, ['--config', 'no-site.yaml', capture]],
      [{ inputs: [capture], keys: ['no-keys'] }, ['--keys', 'no-keys', capture]],
    ] as const;
    for (const [options, args] of cases) {
      const audit = await run('audit', ...args);
      const message = await refusal(options);
      expect(audit.stderr).toContain(message);
      await expect(openLocalModel(options, quietTerminal())).rejects.toMatchObject({
        exitCode: audit.code,
      });
    }
  });

  it('refuses a wrong filter with a caret', async () => {
    const inputs = [path.join(CAPTURES, 'relay-attack.pcapng')];
    expect(await refusal({ inputs, filter: 'mip6.mhtype = 5' })).toContain('^');
  });

  it('begins with a filter', async () => {
    const own = await openSettled({ ...bundled('relay-attack.pcapng'), filter: 'mip6' });
    expect(own.status).toMatchObject({ filter: 'mip6', shown: 12 });
  });
});
