import { afterEach, describe, expect, it } from 'vitest';
import { keyRows } from '../../../ui/keymap.ts';
import { SCREENS } from '../../../ui/screens/index.ts';
import { PACKETS_SCREEN } from '../../../ui/screens/packets.tsx';
import { textWidth } from '../../../ui/text.ts';
import { FakeModel } from '../fake-model.ts';
import type { FakeCall } from '../fake-model.ts';
import { ATTACKER, HOME_ADDRESS } from '../fake-state.ts';
import { openApp, SIZES } from '../harness.tsx';
import type { AppOptions, TestApp } from '../harness.tsx';

let app: TestApp;
afterEach(() => {
  app.close();
});
async function open(options?: AppOptions): Promise<TestApp> {
  app = await openApp(options);
  return app;
}

/** Number of the packet that the cursor of the list is on. */
function packetNumber(): number {
  const line = app.cursorLines()[0] ?? '';
  return Number(/^>..\S? *(\d+) /.exec(line)?.[1]);
}

/** Line of the cursor in the fields. */
function fieldLine(): string {
  const lines = app.lines();
  const from = lines.findIndex((line) => line.includes('Fields'));
  return lines.slice(from).find((line) => line.startsWith('>')) ?? '';
}

/** Filters that were set, newest last. */
function filters(): readonly string[] {
  return app.model.calls.flatMap((call) => (call.call === 'setFilter' ? [call.filter] : []));
}

function lastCall(): FakeCall | undefined {
  return app.model.calls.filter(({ call }) => call !== 'view').at(-1);
}

describe.each(SIZES)('packets at $columns x $rows', (size) => {
  it('fill the terminal but its last line, and no line is wider', async () => {
    await open({ size });
    expect(app.lines()).toHaveLength(size.rows - 1);
    for (const line of app.lines()) expect(textWidth(line)).toBeLessThanOrEqual(size.columns);
  });

  it('show list, fields and octets of the packet of the cursor', async () => {
    await open({ size });
    await app.press('j', 'j', 'j');
    expect(app.frame()).toMatch(/>C-\s+4 +0\.300/);
    expect(app.frame()).toContain('Fields of packet 4');
    expect(fieldLine()).toContain('Mobile IPv6: Binding Update, lifetime 0');
    expect(app.frame()).toContain('[3b 04  05 00 ab cd 00 03 c0 00]');
  });

  it('show text of packets only in a form that a terminal does not obey', async () => {
    await open({ size });
    await app.press('G', 'tab', 'G');
    expect(app.frame()).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(app.frame()).toContain('\\x1b[2J');
  });
});

/** What each action of the table must do; keys are pressed by the test below. */
type Press = () => Promise<void>;
const CHECKS: Readonly<Record<string, (press: Press) => Promise<void>>> = {
  filter: async (press) => {
    await press();
    expect(app.frame()).toContain('filter: ▏');
    await app.type('mip6.bu.lifetime == 0');
    expect(app.frame()).toContain('ok');
    await app.press('enter');
    expect(filters()).toEqual(['mip6.bu.lifetime == 0']);
  },
  'next-pane': async (press) => {
    await press();
    expect(app.frame()).toContain('══ Fields');
    await press();
    expect(app.frame()).toContain('══ Frame');
    await press();
    expect(app.frame()).not.toContain('══');
  },
  'previous-pane': async (press) => {
    await press();
    expect(app.frame()).toContain('══ Frame');
  },
  maximise: async (press) => {
    await app.press('tab');
    await press();
    expect(app.frame()).not.toContain('Proto  Info');
    expect(app.frame()).toContain('Node Identifier');
    await press();
    expect(app.frame()).toContain('Proto  Info');
  },
  grow: async (press) => {
    const before = app.lines().findIndex((line) => line.includes('Fields'));
    await press();
    await press();
    expect(app.lines().findIndex((line) => line.includes('Fields'))).toBeGreaterThan(before);
  },
  shrink: async (press) => {
    const before = app.lines().findIndex((line) => line.includes('Fields'));
    await press();
    await press();
    expect(app.lines().findIndex((line) => line.includes('Fields'))).toBeLessThan(before);
  },
  open: async (press) => {
    await press();
    expect(app.frame()).toContain('══ Fields');
    await press();
    expect(fieldLine()).toContain('▸ Mobile IPv6');
  },
  toggle: async (press) => {
    await press();
    expect(app.frame()).toContain('1 selected, w writes');
    await app.press('k');
    await press();
    expect(app.frame()).not.toContain('selected');
    await app.press('tab');
    await press();
    expect(fieldLine()).toContain('▸ Mobile IPv6');
  },
  apply: async (press) => {
    await app.press('tab', 'j', 'j');
    await press();
    expect(filters()).toEqual(['mip6.bu.seqnr == 0']);
    expect(app.frame()).toContain('1 of 200 packets');
  },
  prepare: async (press) => {
    await app.press(':');
    await app.type('filter mip6\r');
    await app.press('tab', 'j', 'j');
    await press();
    expect(app.frame()).toContain('filter: mip6 and mip6.bu.seqnr == 0▏');
    expect(filters()).toEqual(['mip6']);
  },
  exclude: async (press) => {
    await app.press('tab', 'j', 'j');
    await press();
    expect(filters()).toEqual(['!(mip6.bu.seqnr == 0)']);
    expect(app.frame()).toContain('199 of 200 packets');
  },
  'apply-and': async (press) => {
    await app.press(':');
    await app.type('filter mip6\r');
    await app.press('tab', 'j', 'j');
    await press();
    expect(filters().at(-1)).toBe('mip6 and mip6.bu.seqnr == 0');
  },
  'apply-or': async (press) => {
    await app.press(':');
    await app.type('filter mip6.bu.seqnr == 3\r');
    await app.press('tab', 'j', 'j');
    await press();
    expect(filters().at(-1)).toBe('mip6.bu.seqnr == 3 or mip6.bu.seqnr == 3');
  },
  follow: async (press) => {
    await press();
    expect(filters().at(-1)).toContain(`mip6guard.binding.hoa == ${HOME_ADDRESS}`);
    expect(app.frame()).toContain(`binding of ${HOME_ADDRESS}`);
  },
  'show-ladder': async (press) => {
    await press();
    expect(app.frame()).toContain('[6 Ladder]');
    expect(app.model.calls).toContainEqual({
      call: 'ladder',
      subject: expect.objectContaining({ kind: 'binding', homeAddress: HOME_ADDRESS }) as unknown,
    });
  },
  alerts: async (press) => {
    await press();
    expect(app.frame()).toContain('no alert has this packet as evidence');
    await app.press('j', 'j', 'j');
    await press();
    expect(app.frame()).toContain('Alerts of this packet');
    expect(app.frame()).toContain('MIP6-1106 high');
    await app.press('enter');
    expect(app.frame()).toContain('[5 Incidents]');
  },
  search: async (press) => {
    await press();
    await app.type('lifetime 0\r');
    expect(packetNumber()).toBe(4);
    await press();
    await app.type('/ack.* 132/\r');
    expect(packetNumber()).toBe(5);
    await press();
    await app.type('x:de ad\r');
    expect(packetNumber()).toBe(11);
  },
  'search-next': async (press) => {
    await press();
    expect(app.frame()).toContain('nothing was searched for yet');
    await app.press('ctrl-f');
    await app.type('lifetime 0\r');
    await press();
    expect(packetNumber()).toBe(11);
  },
  'search-previous': async (press) => {
    await app.press('ctrl-f');
    await app.type('lifetime 0\r');
    await press();
    expect(app.frame()).toContain('search went around');
    expect(packetNumber()).toBe(200);
  },
  mark: async (press) => {
    await app.press('j');
    await press();
    expect(app.frame()).toContain('m…');
    await app.press('a');
    expect(app.frame()).toContain("packet 2 is 'a");
  },
  'to-mark': async (press) => {
    await app.press('j', 'm', 'b', 'G');
    await press();
    await app.press('b');
    expect(packetNumber()).toBe(2);
    await press();
    await app.press('z');
    expect(app.frame()).toContain('no packet is marked with z');
  },
  'next-octets': async (press) => {
    await press();
    expect(app.frame()).toContain('Decrypted ESP (2 of 2');
    expect(app.frame()).toContain('decrypted payloa');
    await press();
    expect(app.frame()).toContain('Frame (1 of 2');
  },
  write: async (press) => {
    await app.press('space', 'space');
    await press();
    expect(app.frame()).toContain('write 2 selected packets to: ▏');
    await app.type('out.pcapng\r');
    expect(lastCall()).toEqual({
      call: 'write',
      file: 'out.pcapng',
      selection: { kind: 'packets', packets: [0, 1] },
    });
    expect(app.frame()).toContain('2 packets written to out.pcapng');
  },
  copy: async (press) => {
    await app.press('tab', 'j', 'j');
    await press();
    await app.press('f');
    expect(app.asked).toEqual(['copy:mip6.bu.seqnr == 0']);
    expect(app.frame()).toContain('filter copied');
  },
  'write-all': async () => {
    await app.press(':');
    await app.type('write-all all.pcapng\r');
    expect(lastCall()).toEqual({ call: 'write', file: 'all.pcapng', selection: { kind: 'all' } });
  },
  unselect: async () => {
    await app.press('space', 'space', ':');
    await app.type('unselect\r');
    expect(app.frame()).not.toContain('selected');
  },
  down: async (press) => {
    await press();
    expect(packetNumber()).toBe(2);
  },
  up: async (press) => {
    await app.press('j', 'j');
    await press();
    expect(packetNumber()).toBe(2);
  },
  left: async (press) => {
    await app.press('tab', 'j');
    await press();
    expect(fieldLine()).toContain('▾ Mobile IPv6');
    await press();
    expect(fieldLine()).toContain('▸ Mobile IPv6');
    await app.press('tab');
    await press();
    expect(app.frame()).toContain('octet 53 of 94');
  },
  right: async (press) => {
    await app.press('tab');
    await press();
    expect(fieldLine()).toContain('Mobility Header Type');
    await app.press('tab');
    await press();
    expect(app.frame()).toContain('octet 57 of 94');
  },
  first: async (press) => {
    await app.press('G');
    await press();
    expect(packetNumber()).toBe(1);
  },
  last: async (press) => {
    await press();
    expect(packetNumber()).toBe(200);
  },
  goto: async () => {
    await app.press('4', '2', 'G');
    expect(packetNumber()).toBe(42);
    await app.press(':');
    await app.type('17\r');
    expect(packetNumber()).toBe(17);
    await app.press('9', '9', '9', 'G');
    expect(app.frame()).toContain('there is no packet 999');
  },
  'half-down': async (press) => {
    await press();
    expect(packetNumber()).toBe(4);
  },
  'half-up': async (press) => {
    await app.press('G');
    await press();
    expect(packetNumber()).toBe(197);
  },
  'page-down': async (press) => {
    await press();
    expect(packetNumber()).toBe(6);
  },
  'page-up': async (press) => {
    await app.press('G');
    await press();
    expect(packetNumber()).toBe(195);
  },
  help: async (press) => {
    await press();
    expect(app.frame()).toContain('Keys of Packets');
  },
  command: async (press) => {
    await press();
    expect(app.frame()).toContain(':▏');
  },
  'previous-screen': async (press) => {
    await press();
    expect(app.frame()).toContain('[9 Log]');
  },
  'next-screen': async (press) => {
    await press();
    expect(app.frame()).toContain('[2 Bind');
  },
  'display-filter': async () => {
    await app.press('3', ':');
    await app.type('display-filter esp\r');
    expect(app.frame()).toContain('[1 Packets]');
    expect(filters()).toEqual(['esp']);
  },
  capture: async (press) => {
    await press();
    expect(app.frame()).toContain('there is no capture to stop');
    app.close();
    await open({ model: new FakeModel({ phase: 'following' }) });
    await press();
    expect(lastCall()).toEqual({ call: 'setCapturing', isOn: false });
    expect(app.frame()).toContain('capture stopped');
    await press();
    expect(lastCall()).toEqual({ call: 'setCapturing', isOn: true });
  },
  back: async (press) => {
    await app.press(':');
    await app.type('filter mip6\r');
    await app.press('tab', '\\', '4');
    expect(app.frame()).toMatch(/\[4 /);
    await press();
    expect(app.frame()).toContain('[1 Packets]');
    expect(app.frame()).not.toContain('Proto  Info');
    await press();
    expect(app.frame()).toContain('══ Fields');
    await press();
    expect(app.frame()).not.toContain('══ Fields');
    await press();
    expect(filters()).toEqual(['mip6', '']);
    await press();
    expect(app.frame()).toContain('q leaves');
  },
  redraw: async (press) => {
    await press();
    expect(app.asked).toEqual(['redraw']);
  },
  suspend: async (press) => {
    await press();
    expect(app.asked).toEqual(['suspend']);
  },
  quit: async (press) => {
    await press();
    expect(app.asked).toEqual(['quit']);
  },
  'quit-now': async (press) => {
    await press();
    expect(app.asked).toEqual([]);
    expect(app.frame()).toContain('ctrl-c again leaves');
    await press();
    expect(app.asked).toEqual(['quit']);
  },
  ...Object.fromEntries(
    SCREENS.map(({ id, key, title, short }) => [
      id,
      async (press: Press) => {
        await app.press(key === '9' ? '8' : '9');
        await press();
        await app.elapse();
        expect(
          [`[${key} ${title}]`, `[${key} ${short}]`].some((tab) => app.frame().includes(tab)),
        ).toBe(true);
      },
    ]),
  ),
};

describe('the keys of the packets screen', () => {
  const rows = keyRows(PACKETS_SCREEN, SCREENS);

  it.each(
    rows.flatMap(({ action, keys }) =>
      (keys.length === 0 ? ['none'] : keys).map((key) => ({ action, key })),
    ),
  )('$key: $action', async ({ action, key }) => {
    const check = CHECKS[action];
    if (check === undefined) throw new Error(`no test says what ${action} must do`);
    await open();
    await check(() => app.press(...(key === 'gg' ? ['g', 'g'] : [key])));
  });

  it('have a test each, and no test is about a key that is gone', () => {
    expect(Object.keys(CHECKS).sort()).toEqual(
      [...new Set(rows.map(({ action }) => action))].sort(),
    );
  });
});

describe('the linked panes', () => {
  it('show the field of an octet, and unfold what it lies in', async () => {
    await open();
    // To the hop limit, octet 21, which is in a folded header.
    await app.press('shift-tab', 'g', 'g', 'j', 'right', 'right', 'right', 'right', 'right');
    expect(app.frame()).toContain('octet 21 of 94');
    expect(fieldLine()).toContain('Hop Limit: 64');
    expect(app.frame()).toContain('<40>');
  });

  it('keep the field when another packet is chosen', async () => {
    await open();
    await app.press('tab', 'j', 'j', 'shift-tab', 'j');
    expect(fieldLine()).toContain('Sequence: 1');
  });

  it('move in octets by line and page, within what there is', async () => {
    await open();
    await app.press('shift-tab', 'g', 'g', 'up', 'left', 'down', 'pgdn', 'ctrl-d', 'end', 'down');
    expect(app.frame()).toContain('octet 93 of 94');
    await app.press('ctrl-u', 'pgup', 'home');
    expect(app.frame()).toContain('octet 0 of 94');
  });
});

describe('the list', () => {
  it('stays on its packet when a filter comes and goes', async () => {
    await open();
    await app.press('1', '1', 'G');
    await app.press('/');
    await app.type('mip6.bu.lifetime == 0\r');
    expect(packetNumber()).toBe(11);
    expect(app.frame()).toContain('29 of 200 packets');
    await app.press('esc');
    expect(packetNumber()).toBe(11);
    expect(app.model.status.shown).toBe(200);
  });

  it('says when a filter selects nothing, and how to go on', async () => {
    await open();
    await app.press('/');
    await app.type('udp\r');
    expect(app.frame()).toContain('no packet matches the filter; esc clears it');
    await app.press('j', 'f', 'A', 'enter', 'a', 'y', 'esc', 'esc', 'esc');
    expect(app.model.status.shown).toBe(200);
  });

  it('follows what comes until it is moved up, and again from its last line', async () => {
    const model = new FakeModel({ phase: 'following', packets: 50 });
    await open({ model });
    expect(packetNumber()).toBe(50);
    model.grow(10);
    await app.settle();
    expect(packetNumber()).toBe(60);
    await app.press('k');
    model.grow(10);
    await app.settle();
    expect(packetNumber()).toBe(59);
    await app.press('G');
    model.grow(5);
    await app.settle();
    expect(packetNumber()).toBe(75);
  });

  it('stays on its packet when packets before it are not kept any more', async () => {
    const model = new FakeModel({ phase: 'following', packets: 50 });
    await open({ model });
    await app.press('3', '0', 'G');
    const original = model.lineOf.bind(model);
    model.lineOf = async (packet) => (await original(packet)) - 20;
    model.rows = (from, count) =>
      FakeModel.prototype.rows.call(model, from + 20, Math.min(count, 30 - from));
    model.change({ forgotten: 20, shown: 30 });
    await app.settle();
    expect(packetNumber()).toBe(30);
  });

  it('goes where another screen says, and tells when the filter hides that packet', async () => {
    await open({ start: { screen: 'packets', subject: { kind: 'packet', packet: 33 } } });
    expect(packetNumber()).toBe(34);
    await app.press('/');
    await app.type('mip6.bu.lifetime == 0\r');
    await app.press('m', 'x', ':');
    await app.type('goto 5\r');
    expect(app.frame()).toContain('the filter hides that packet');
  });

  it('takes what is typed ahead in order', async () => {
    await open();
    await app.type('jjjj/mip6.bu.seqnr == 4\r');
    expect(filters()).toEqual(['mip6.bu.seqnr == 4']);
    expect(packetNumber()).toBe(5);
  });

  it('counts keys that were pressed while it was busy', async () => {
    await open();
    await app.type('j'.repeat(500));
    expect(packetNumber()).toBe(200);
  });
});

describe('what is written', () => {
  it('is what the filter shows when nothing is selected', async () => {
    await open();
    await app.press('/');
    await app.type('mip6.bu.lifetime == 0\r');
    await app.press('w');
    await app.type('x.pcapng\r');
    expect(lastCall()).toEqual({ call: 'write', file: 'x.pcapng', selection: { kind: 'shown' } });
  });

  it('replaces a file only when told so', async () => {
    await open({ files: ['x.pcapng'] });
    await app.press('w');
    await app.type('x.pcapng\r');
    expect(app.frame()).toContain('x.pcapng is there already. Replace it?');
    await app.press('n');
    expect(app.frame()).toContain('nothing was written');
    expect(lastCall()).toBeUndefined();
    await app.press('w');
    await app.type('x.pcapng\ry');
    expect(lastCall()).toMatchObject({ call: 'write' });
  });

  it('is told when it cannot be', async () => {
    await open();
    await app.press(':');
    await app.type('write /nowhere/x.pcapng\r');
    expect(app.frame()).toContain('cannot write /nowhere/x.pcapng: there is no such folder');
  });
});

it('an alert goes to the incident it belongs to', async () => {
  await open();
  await app.press('j', 'j', 'j', 'A');
  expect(app.frame()).toContain('critical: Binding of 2001:db8:1::100');
  await app.press('a');
  expect(app.frame()).toContain('[5 Incidents]');
  expect(app.frame()).toContain(ATTACKER);
});
