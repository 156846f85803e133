/**
 * Rules that count by the second and leave to the engine what comes alone: they say what counting everything would say.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MobilityEvent } from '../../engine/events.ts';
import mip61503 from '../../rules/exhaustion/mip6-1503.ts';
import mip61506 from '../../rules/exhaustion/mip6-1506.ts';
import { makeLink } from './event-builders.ts';
import { cookie, inits } from './routability-events.ts';
import { underTest } from './rule-under-test.ts';

const LINKS = [makeLink('transit'), { ...makeLink('transit'), id: 77 }];
const PART = 0.125;

interface Sent {
  /** Seconds. */
  readonly time: number;
  readonly link: number;
}

const stream = fc
  .array(
    fc.record({
      gap: fc.oneof(
        fc.integer({ min: 1, max: 40 }).map((n) => n / 100),
        fc.integer({ min: 90, max: 130 }).map((n) => n / 100),
      ),
      link: fc.integer({ min: 0, max: 1 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((items) => {
    let time = 10;
    return items.map(({ gap, link }): Sent => ({ time: (time += gap), link }));
  });

function init({ time, link }: Sent, index: number): MobilityEvent {
  const place = LINKS[link];
  const [home] = inits({ second: time, ...(place && { link: place }) }, cookie(index));
  return home;
}

/** Which messages of a stream a rule reports. */
function reported(rule: Parameters<typeof underTest>[0], limit: object, sent: readonly Sent[]) {
  const tested = underTest(rule, { params: { ...limit } });
  return sent.map((item, i) => tested.feed(init(item, i)).length > 0);
}

describe('a rule that counts by the second', () => {
  it('MIP6-1506 reports each message that is one too many within 0.98 seconds on its link', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 4 }), (sent, perSecond) => {
        const expected = sent.map(({ time, link }, i) => {
          const all = sent.slice(0, i + 1).filter((item) => item.link === link);
          return all.filter((item) => micro(time) - micro(item.time) < 980_000).length > perSecond;
        });
        expect(reported(mip61506, { perSecond }, sent)).toEqual(expected);
      }),
    );
  });

  it('MIP6-1503 reports each message that is one too many in the last eighths of a second', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 4, max: 8 }), (sent, perSource) => {
        const part = (item: Sent): number => Math.floor(micro(item.time) / (PART * 1e6));
        const expected = sent.map((last, i) => {
          const all = sent.slice(0, i + 1).filter((item) => item.link === last.link);
          return all.filter((item) => part(last) - part(item) < 8).length > perSource;
        });
        const limit = { perSource, perTarget: 1_000_000 };
        expect(reported(mip61503, limit, sent)).toEqual(expected);
      }),
    );
  });
});

/** Time of a message as its packet has it, in whole microseconds. */
function micro(seconds: number): number {
  return init({ time: seconds, link: 0 }, 0).context.packet.time;
}
