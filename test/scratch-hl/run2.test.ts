import { readdirSync, writeFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { it } from 'vitest';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import { Engine } from '../../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { normalLife } from '../../fixtures/scripts/normal-life.ts';
import { relayAttack, partialDeregistration } from '../../fixtures/scripts/relay-attack.ts';
import { MobileNode } from '../../fixtures/scenario/mobile-node.ts';
import { keyFile, NULL_HMAC_SHA1 } from '../../fixtures/scenario/security.ts';
import { openCaptures } from '../../io/capture/file.ts';
const dir = '/tmp/hl-captures2'; mkdirSync(dir, { recursive: true });
const link = (name: string, role: string) => ({ name, role, interfaces: [], files: [`*${name}*`], vlans: [] });
const ROLES: any = { ...UNKNOWN_SITE, links: [link('home', 'home'), link('foreign-1', 'foreign'), link('foreign-2', 'foreign'), link('ha-edge', 'transit'), link('cn-edge', 'transit')] };
async function rules() {
  const list: any[] = [];
  for (const family of ['home-link', 'integrity']) {
    const root = path.join(import.meta.dirname, '../../rules', family);
    for (const f of readdirSync(root)) if (f.endsWith('.ts')) list.push((await import(path.join(root, f))).default);
  }
  return list;
}
const short = (s: any) => s.alerts.map((a: any) => `${a.rule.id.slice(5)}${a.confidence === 'partial' ? '?' : ''}x${a.count}`).join(' ') + (s.internalErrors.length ? ' !!! ' + s.internalErrors.join(';') : '');
it('runs', async () => {
  const out: string[] = [];
  const keysOf = (t?: any) => [0, 1].map((i) => keyFile(Object.values(new MobileNode(i, t).associations))).join('');
  for (const [name, world] of [['normal', normalLife().world], ['relay', relayAttack().world], ['relay null', relayAttack(NULL_HMAC_SHA1).world], ['partial', partialDeregistration(true).world]] as const) {
    for (const skew of [0, 3, -3, -40]) {
      const files: string[] = [];
      for (const l of ['home', 'foreign-1', 'foreign-2', 'ha-edge', 'cn-edge'] as const) {
        const f = path.join(dir, `${name}-${l}-${skew}.pcap`);
        writeFileSync(f, world.pcap(l, { clockError: l === 'foreign-1' ? skew : 0 }));
        files.push(f);
      }
      for (const [mode, site, k] of [['roles+keys', ROLES, true], ['roles', ROLES, false], ['keys', UNKNOWN_SITE, true], ['none', UNKNOWN_SITE, false]] as const) {
        const captures = await openCaptures(files, { recursive: false });
        const engine = new Engine({ site, rules: await rules(), associations: k ? parseKeyText(keysOf(name === 'relay null' ? NULL_HMAC_SHA1 : undefined), 'k').associations : [], inputs: captures.source.inputs, interfaces: captures.source.interfaces } as any);
        await captures.source.run((r) => engine.feed(r));
        const s = engine.finish();
        out.push(`${name} skew ${skew} ${mode}: ${short(s)} | ${s.incidents.map((i: any) => `${i.severity}:${i.assessment}:${i.confidence}`).join(', ')}`);
      }
    }
  }
  writeFileSync('/tmp/hl-out2.txt', out.join('\n') + '\n');
}, 300000);
