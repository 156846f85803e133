import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import { Engine } from '../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { LAYOUTS, layoutCapture } from '../../fixtures/scripts/layouts.ts';
import { normalLife } from '../../fixtures/scripts/normal-life.ts';
import { relayAttack, partialDeregistration } from '../../fixtures/scripts/relay-attack.ts';
import { ADVERTISEMENT_RULES } from '../../fixtures/scripts/rules/advertisements.ts';
import { CONSEQUENCE_RULES } from '../../fixtures/scripts/rules/consequences.ts';
import { DEREGISTRATION_RULES } from '../../fixtures/scripts/rules/deregistrations.ts';
import { MobileNode } from '../../fixtures/scenario/mobile-node.ts';
import { HOME_AGENT, HOME_PREFIX } from '../../fixtures/scenario/network.ts';
import { keyFile } from '../../fixtures/scenario/security.ts';
import { openCaptures } from '../../io/capture/file.ts';
import { writeFileSync, mkdirSync } from 'node:fs';

const dir = '/tmp/hl-captures';
mkdirSync(dir, { recursive: true });
const link = (name: string, role: string) => ({ name, role, interfaces: [name], files: [`*${name}*`], vlans: [] });
const SITE: any = {
  ...UNKNOWN_SITE,
  homeAgents: [{ name: 'ha', addresses: [HOME_AGENT.address], homePrefixes: [{ prefix: HOME_PREFIX.bytes, length: 64 }], linkLayerAddresses: [HOME_AGENT.mac] }],
  links: [
    { ...link('home', 'home'), files: [] }, { ...link('foreign-1', 'foreign'), files: [] }, { ...link('foreign-2', 'foreign'), files: [] },
    { ...link('ha-edge', 'transit'), files: [] }, { ...link('cn-edge', 'transit'), files: [] },
  ],
};
const ROLES: any = { ...SITE, homeAgents: [] };
const keys = [0, 1, 2, 3, 4, 5].map((i) => keyFile(Object.values(new MobileNode(i).associations))).join('');

async function rules() {
  const list: any[] = [];
  for (const family of ['home-link', 'integrity']) {
    const root = path.join(import.meta.dirname, '../../rules', family);
    for (const f of readdirSync(root)) if (f.endsWith('.ts')) list.push((await import(path.join(root, f))).default);
  }
  return list;
}
let n = 0;
async function audit(bytes: Uint8Array, site: any, withKeys: boolean, merged = false) {
  const file = path.join(dir, `c${n++}.pcapng`);
  writeFileSync(file, bytes);
  const captures = await openCaptures([file], { recursive: false });
  const engine = new Engine({
    site, rules: await rules(),
    associations: withKeys ? parseKeyText(keys, 'k').associations : [],
    inputs: captures.source.inputs, interfaces: captures.source.interfaces,
  } as any);
  await captures.source.run((r) => engine.feed(merged ? { ...r, interfaceIndex: 0 } : r));
  return engine.finish();
}
const short = (s: any) => s.alerts.map((a: any) => `${a.rule.id.slice(5)}${a.confidence === 'partial' ? '?' : ''}x${a.count}`).join(' ') + (s.internalErrors.length ? ' !!! ' + s.internalErrors.join(';') : '');
const out: string[] = [];
it('runs', async () => {
  const modes: [string, any, boolean][] = [['site+keys', SITE, true], ['site', SITE, false], ['keys', UNKNOWN_SITE, true], ['none', UNKNOWN_SITE, false]];
  for (const group of [...ADVERTISEMENT_RULES, ...DEREGISTRATION_RULES, ...CONSEQUENCE_RULES]) {
    for (const c of group.captures) {
      const bytes = c.make();
      out.push(`${group.rule} ${c.name}`);
      for (const [name, site, k] of modes) {
        const s = await audit(bytes, site, k);
        if (site === UNKNOWN_SITE) { const m = await audit(bytes, site, k, true); out.push(`    merged ${name} ${short(m)}`); }
        out.push(`    ${name.padEnd(10)} ${short(s)}  | inc ${s.incidents.map((i: any) => `${i.severity}:${i.assessment}`).join(', ')}`);
      }
    }
  }
  for (const layout of LAYOUTS) {
    const bytes = layoutCapture(layout);
    out.push(`${layout.name} expects ${layout.rules.join('/')}`);
    for (const [name, site, k] of modes) {
      const s = await audit(bytes, site, k);
      out.push(`    ${name.padEnd(10)} ${short(s)}`);
    }
  }
  const worlds: [string, any][] = [['normal', normalLife().world], ['relay', relayAttack().world], ['partial on', partialDeregistration(true).world], ['partial off', partialDeregistration(false).world]];
  for (const [wname, world] of worlds) {
    for (const links of [undefined, ['ha-edge'], ['foreign-1'], ['home', 'ha-edge'], ['foreign-1', 'ha-edge']]) {
      out.push(`${wname} ${links ?? 'all'}`);
      for (const [name, site, k] of modes) {
        const s = await audit(links ? world.pcapng(links) : world.pcapng(), site, k);
        if (site === UNKNOWN_SITE) { const m = await audit(links ? world.pcapng(links) : world.pcapng(), site, k, true); out.push(`    merged ${name} ${short(m)} | inc ${m.incidents.map((i: any) => `${i.severity}:${i.assessment}:${i.confidence}`).join(', ')}`); }
        out.push(`    ${name.padEnd(10)} ${short(s)} | inc ${s.incidents.map((i: any) => `${i.severity}:${i.assessment}:${i.confidence}`).join(', ')}`);
        if (wname === 'relay' && !links && name !== 'site') for (const i of s.incidents as any[]) out.push('      ## ' + i.title, ...i.narrative.map((x: string) => '         ' + x));
      }
    }
  }
  writeFileSync('/tmp/hl-out.txt', out.join('\n') + '\n');
  expect(out.length).toBeGreaterThan(0);
}, 300000);
