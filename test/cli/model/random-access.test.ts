import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../../endurance.ts';
import { packetOpeners } from '../../../cli/openers.ts';
import { runEnginePass } from '../../../cli/read/engine-pass.ts';
import { PacketViews, allNodes } from '../../../cli/read/packet-view.ts';
import { prepareSession } from '../../../cli/session.ts';
import type { ModelOptions } from '../../../cli/model/open-local.ts';
import { openSettled, quietTerminal } from './models.ts';

const FIXTURES = path.join(import.meta.dirname, '../../../fixtures');
/** Of the captures of rules every so manieth is taken. */
const SAMPLE = 6;
/** Captures whose trees depend on IKE, NULL encryption, authenticators or signatures of earlier packets. */
const ORDERED = /mip6-(1820|1821|1801|1802|1205|1705|2306|2305|2012)\//;

function capturesIn(folder: string): string[] {
  return readdirSync(path.join(FIXTURES, folder), { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => /\.pcap(ng)?(\.gz|\.zst)?$/.test(name) && !name.includes('no-capture'))
    .sort();
}

const captures = [
  ...capturesIn('captures'),
  ...capturesIn('rules').filter((name, i) => i % SAMPLE === 0 || ORDERED.test(name)),
];

/** Keys and site for a capture. */
function optionsFor(name: string): ModelOptions {
  const file = path.join(FIXTURES, name);
  const beside = `${file.replace(/\.pcap(ng)?$/, '')}.esp_sa`;
  const inFolder = path.join(path.dirname(file), 'keys.esp_sa');
  const ofRules = [
    path.join(FIXTURES, 'rules/keys.esp_sa'),
    path.join(FIXTURES, 'rules/ike.ikev2_decryption_table'),
  ];
  const keys = name.startsWith('rules')
    ? ofRules
    : [beside, inFolder].filter((key) => existsSync(key)).slice(0, 1);
  return { inputs: [file], keys };
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    item instanceof Uint8Array ? Buffer.from(item).toString('hex') : item,
  );
}

/** Trees of all packets, made one after the other as `read -V --findings` does. */
async function treesInOrder({ inputs = [], keys = [] }: ModelOptions): Promise<string[]> {
  const named = { inputs, keys, recursive: false, workers: 1 };
  const first = await prepareSession(named, quietTerminal());
  const { signal } = new AbortController();
  const findings = await runEnginePass(first.captures.source, { ...first, signal });
  const {
    captures: again,
    associations,
    ike,
    verification,
  } = await prepareSession(named, quietTerminal());
  const { source } = again;
  const openers = packetOpeners(associations, ike);
  const views = new PacketViews(openers, source.interfaces, findings, verification);
  const trees: string[] = [];
  await source.run((record) => {
    const view = views.next(record);
    views.shown(view);
    trees.push(textOf([allNodes(view), view.dissection.sources]));
  });
  return trees;
}

/** Numbers below `count`, each once, not in order. */
function shuffled(count: number): number[] {
  let state = 12345;
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    const j = state % (i + 1);
    const [a = 0, b = 0] = [order[i], order[j]];
    order[i] = b;
    order[j] = a;
  }
  return order;
}

// All captures take a minute: `npm run endurance`.
describe('the tree of any packet', () => {
  it('is tested for many captures', () => {
    expect(captures.length).toBeGreaterThan(100);
  });

  it.each(captures.filter((_, i) => IS_ENDURANCE || i % 8 === 0))(
    'of %s is that of a reading in order',
    async (name) => {
      const options = optionsFor(name);
      const trees = await treesInOrder(options);
      const model = await openSettled(options);
      expect(model.status.packets).toBe(trees.length);
      for (const position of shuffled(trees.length).slice(0, 200)) {
        const detail = await model.detail(position);
        expect(textOf([detail?.nodes, detail?.sources])).toBe(trees[position]);
      }
    },
  );
});
