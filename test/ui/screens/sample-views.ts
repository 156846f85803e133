/**
 * Views that are hard to show: nothing, thousands of rows, and nothing but hostile text.
 */
import type {
  AssociationRow,
  BindingRow,
  IncidentRow,
  Ladder,
  ModelViews,
  RoutabilityRow,
} from '../../../engine/views/model/index.ts';
import { FakeModel } from '../fake-model.ts';
import { FAKE_VIEWS, HOSTILE } from '../fake-state.ts';

/** The first of some, which there is. */
export function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('there is one');
  return item;
}

/** Rows that there are of the fake model. */
export const SAMPLE: {
  readonly binding: BindingRow;
  readonly association: AssociationRow;
  readonly pair: RoutabilityRow;
  readonly incident: IncidentRow;
} = {
  binding: first(FAKE_VIEWS.bindings),
  association: first(FAKE_VIEWS.associations),
  pair: first(FAKE_VIEWS.routability),
  incident: first(FAKE_VIEWS.incidents),
};

/** A run in which nothing was seen. */
export const EMPTY_VIEWS: ModelViews = {
  bindings: [],
  associations: [],
  routability: [],
  incidents: [],
  topology: { links: [], nodes: [], tunnels: [], dropped: 0 },
  statistics: {
    slotSeconds: 1,
    series: [],
    messages: [],
    statusCodes: [],
    handoverLatency: { name: '', unit: 'ms', classes: [] },
    counters: [],
  },
  log: [],
};

const MANY = 4000;

function many<T>(make: (index: number) => T, count = MANY): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** An address as long as they come. */
export function longAddress(index: number): string {
  return `2001:db8:1111:2222:3333:4444:5555:${(0x1000 + index).toString(16)}`;
}

/** A run with thousands of everything. */
export const LARGE_VIEWS: ModelViews = {
  bindings: many((index) => ({
    ...SAMPLE.binding,
    homeAddress: longAddress(index),
    peer: longAddress(index % 3),
    careOfAddress: longAddress(index + 7),
    history: many(
      (step) => ({ ...first(SAMPLE.binding.history), packet: step, seconds: step }),
      64,
    ),
  })),
  associations: many((index) => ({ ...SAMPLE.association, spi: 0x1000 + index })),
  routability: many((index) => ({ ...SAMPLE.pair, homeAddress: longAddress(index) })),
  incidents: many((index) => ({
    ...SAMPLE.incident,
    id: index + 1,
    title: `${'word '.repeat(index % 40)}${index}`,
    evidence: many(
      (packet) => ({ ...first(SAMPLE.incident.evidence), packet, number: packet + 1 }),
      64,
    ),
  })),
  topology: {
    links: many(
      (index) => ({ name: `link-${index}`, role: 'foreign', roleKnownBy: 'site', prefixes: [] }),
      3,
    ),
    nodes: many((index) => ({
      address: longAddress(index),
      roles: ['mobile-node'],
      link: index % 4 === 3 ? undefined : `link-${index % 4}`,
      linkLayerAddress: '02:00:00:00:00:01',
      careOfAddress: longAddress(index + 1),
      knownBy: 'learned',
    })),
    tunnels: many((index) => ({
      from: longAddress(index + 1),
      to: longAddress(index),
      homeAddress: longAddress(index),
      packets: index,
    })),
    dropped: 12,
  },
  statistics: {
    slotSeconds: 0.25,
    series: many((index) => ({ name: `series ${index}`, values: many((i) => i % 17, 256) }), 30),
    messages: many((index) => ({ name: `message ${index}`, packets: index * index }), 300),
    statusCodes: many(
      (status) => ({ status, name: `status ${status}`, packets: 255 - status }),
      256,
    ),
    handoverLatency: {
      name: 'Handover latency',
      unit: 'ms',
      classes: many((index) => ({ label: `<= ${index}`, count: index }), 100),
    },
    counters: many((index) => ({ name: `counter ${index}`, value: 10 ** (index % 16) }), 200),
  },
  log: many((index) => ({
    time: 1_772_438_400_000 + index,
    level: index % 3 === 0 ? 'error' : 'info',
    text: `line ${index}`,
  })),
};

/** Values that are one of a few words, not text of anybody. */
const ENUMERATED: ReadonlySet<string> = new Set([
  'severity',
  'confidence',
  'stage',
  'trust',
  'level',
  'roles',
  'kind',
]);
const ROLES: ReadonlySet<unknown> = new Set([
  'home',
  'correspondent',
  'mobile-node',
  'attacker',
  'home-agent',
  'other',
]);

function hostileValue(key: string, value: unknown): unknown {
  if (ENUMERATED.has(key) || (key === 'role' && ROLES.has(value)) || value === 'all') return value;
  if (typeof value === 'string')
    return `${HOSTILE}${value}${'漢字'.repeat(20)}e${'\u0301'.repeat(40)}`;
  if (Array.isArray(value)) return value.map((item) => hostileValue(key, item));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => [name, hostileValue(name, item)]),
    );
  }
  return value;
}

/** The same with hostile text wherever text is: escapes, line breaks, direction marks, wide and piled characters. */
export function hostile<T>(view: T): T {
  return hostileValue('', view) as T;
}

/** The fake model with another ladder. */
export class LadderModel extends FakeModel {
  readonly #change: (ladder: Ladder) => Ladder;

  constructor(change: (ladder: Ladder) => Ladder, views: Partial<ModelViews> = {}) {
    super({ views });
    this.#change = change;
  }

  override async ladder(...args: Parameters<FakeModel['ladder']>): Promise<Ladder> {
    return this.#change(await super.ladder(...args));
  }
}

/** A ladder with thousands of messages between five parties. */
export function largeLadder(ladder: Ladder): Ladder {
  const step = first(ladder.steps);
  return {
    ...ladder,
    lanes: [
      ...ladder.lanes,
      { role: 'other', name: 'other', addresses: [longAddress(1), longAddress(2)] },
    ],
    steps: many((index) => ({
      ...step,
      packet: index,
      number: index + 1,
      seconds: index * 1000,
      from: index % 5,
      to: index % 7 === 0 ? 'all' : (index * 3) % 5,
    })),
    dropped: 17,
    notes: many((index) => `note ${index}`, 32),
  };
}
