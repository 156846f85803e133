import { describe, expect, test } from 'vitest';
import { JudgedLink } from '../../../../cli/gateway/node/judged-link.ts';
import { NodeLinks } from '../../../../cli/gateway/node/node-links.ts';
import type { PacketRecord } from '../../../../engine/ports.ts';
import { MemoryLink } from '../../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../../nodes/simulation/virtual-scheduler.ts';

const FRAME = Uint8Array.from({ length: 60 }, (_, i) => i);

function made(failMode: 'open' | 'closed' = 'open') {
  const scheduler = new VirtualScheduler();
  const link = new MemoryLink({ scheduler, random: new SeededRandom(1), name: 'link' });
  const ports = [link.attach('eth0'), link.attach('eth1')];
  const links = new NodeLinks({ interfaces: ['eth0', 'eth1'], failMode, scheduler });
  const judged = ports.map((port) => links.judged(port));
  const got: string[] = [];
  for (const port of judged) port.onFrame = () => got.push(port.name);
  const far = link.attach('far');
  const heard: Uint8Array[] = [];
  far.onFrame = (frame) => heard.push(frame.slice());
  const send = (): string[] => {
    far.send(FRAME);
    scheduler.advance(1);
    return got.splice(0);
  };
  return { scheduler, links, judged, send, heard, ports };
}

describe('the links of a node with a judge in front', () => {
  test('hand the node what may pass, and nothing else, with the interface that it came to', () => {
    const { links, send } = made();
    const records: Partial<PacketRecord>[] = [];
    links.onPacket = ({ interfaceIndex, number, offset, end, linkType, seconds }) => {
      records.push({ interfaceIndex, number, offset, end, linkType, seconds });
      return interfaceIndex === 1;
    };
    expect(send()).toEqual(['eth1']);
    expect(records).toMatchObject([
      { interfaceIndex: 0, number: 1, offset: 0, end: 60, linkType: 1 },
      { interfaceIndex: 1, number: 2 },
    ]);
    expect(links.counts()).toEqual({
      ...{ judged: 2, passed: 1, dropped: 1, passedUnjudged: 0, droppedUnjudged: 0, waiting: 0 },
    });
    expect(links.inputs[0]?.packets).toBe(2);
  });

  test.each([
    ['open', ['eth0', 'eth1'], { passedUnjudged: 2, droppedUnjudged: 0, judged: 0 }],
    ['closed', [], { passedUnjudged: 0, droppedUnjudged: 2, judged: 0 }],
  ] as const)(
    'fail %s when the judge does, and when there is none',
    (failMode, expected, counts) => {
      const broken = made(failMode);
      broken.links.onPacket = () => {
        throw new Error('a bug');
      };
      expect(broken.send()).toEqual(expected);
      expect(broken.links.counts()).toMatchObject(counts);
      const none = made(failMode);
      expect(none.send()).toEqual(expected);
      const closed = made(failMode);
      closed.links.onPacket = () => true;
      closed.links.close();
      expect(closed.send()).toEqual(expected);
    },
  );

  test('tell the judge what the node sends, and never hold it back', () => {
    const { links, judged, heard, scheduler } = made();
    let seen = 0;
    links.onSent = ({ bytes }) => {
      seen += bytes.length;
      throw new Error('a bug');
    };
    judged[0]?.send(FRAME);
    scheduler.advance(1);
    expect(heard).toEqual([FRAME]);
    expect(seen).toBe(FRAME.length);
    links.onSent = () => undefined;
    judged[0]?.send(FRAME);
    expect(judged[0]?.counts.observed).toBe(1);
  });

  test('are the ports that they stand for', () => {
    const { judged, ports } = made();
    const [link] = judged;
    const [port] = ports;
    expect(link).toBeInstanceOf(JudgedLink);
    expect([link?.name, link?.mtu, link?.isUp, link?.linkLayerAddress]).toEqual([
      ...['eth0', 1500, true, port?.linkLayerAddress],
    ]);
    const states: boolean[] = [];
    if (link !== undefined) link.onStateChange = (isUp) => states.push(isUp);
    port?.setUp(false);
    expect(states).toEqual([false]);
    expect(link?.isUp).toBe(false);
  });
});
