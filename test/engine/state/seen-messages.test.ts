import { describe, expect, it } from 'vitest';
import { SeenMessages } from '../../../engine/state/seen-messages.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  OTHER_HOME_ADDRESS,
  makeLink,
  packetAt,
  packetContext,
} from '../../rules/event-builders.ts';

const MESSAGE = Uint8Array.from([59, 1, 5, 0, 0xab, 0xcd, 0, 7, 0, 0, 0, 1]);

function note(seen: SeenMessages, home: Uint8Array, octets: Uint8Array, context = {}) {
  return seen.note(home, octets, 0, octets.length, packetContext(context));
}

describe('messages seen', () => {
  it('are recognised by all of their octets', () => {
    const seen = new SeenMessages(1);
    expect(note(seen, HOME_ADDRESS, MESSAGE)).toBeUndefined();
    const other = MESSAGE.slice();
    other[11] = 2;
    expect(note(seen, HOME_ADDRESS, other)).toBeUndefined();
    expect(note(seen, OTHER_HOME_ADDRESS, MESSAGE)).toBeUndefined();
    const again = note(seen, HOME_ADDRESS, MESSAGE, { packet: packetAt(2), source: ATTACKER });
    expect(again?.packet).toEqual(packetAt(1));
    expect(again?.source).toEqual(CARE_OF_ADDRESS);
  });

  it('are remembered for each link, with the time of the last copy there', () => {
    const seen = new SeenMessages(1);
    const edge = { link: makeLink('transit') };
    note(seen, HOME_ADDRESS, MESSAGE, { packet: packetAt(1) });
    expect(note(seen, HOME_ADDRESS, MESSAGE, { ...edge, packet: packetAt(2) })?.packet.number).toBe(
      1,
    );
    note(seen, HOME_ADDRESS, MESSAGE, { ...edge, packet: packetAt(3) });
    const last = note(seen, HOME_ADDRESS, MESSAGE, { ...edge, packet: packetAt(4) });
    expect(last?.packet.number).toBe(2);
    expect(last?.lastSeen).toBe(packetAt(3).time);
  });

  it('of one home address stay while somebody floods another, or makes up thousands', () => {
    const seen = new SeenMessages(1);
    note(seen, HOME_ADDRESS, MESSAGE);
    const second = MESSAGE.slice();
    second[7] = 8;
    note(seen, HOME_ADDRESS, second);
    for (let i = 0; i < 10_000; i++) {
      const home = OTHER_HOME_ADDRESS.slice();
      home[13] = i >>> 8;
      home[14] = i & 0xff;
      note(seen, home, MESSAGE);
    }
    expect(seen.evictions).toBeGreaterThan(0);
    expect(note(seen, HOME_ADDRESS, MESSAGE)?.packet).toEqual(packetAt(1));
  });
});
