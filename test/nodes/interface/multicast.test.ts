import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { TestLink, ip } from './test-link.ts';
import type { Seen, TestNode } from './test-link.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';

type Report = Seen<Icmpv6MessageOf<'multicast-listener-report-v2'>>;

/** Record types and groups of a report. */
function records({ message }: Report): string[] {
  return message.records.map(({ recordType, group }) => `${recordType} ${formatAddress(group)}`);
}

function query(group = '::', maximumResponseCode = 1000): Icmpv6Message {
  return {
    kind: 'multicast-listener-query-v2',
    code: 0,
    maximumResponseCode,
    multicastAddress: ip(group),
    flags: 2,
    queryIntervalCode: 125,
    numberOfSources: 0,
    sources: [],
  };
}

/** A quiet link with a member of two groups. */
function network(): { net: TestLink; node: TestNode } {
  const net = new TestLink();
  const node = net.node('node', { linkLocal: ip('fe80::a') });
  node.link.join(ip('ff0e::1'));
  net.advance(5000);
  net.forget();
  return { net, node };
}

describe('membership of groups', () => {
  it('is reported at once and once more within a second, from the link-local address', () => {
    const { net, node } = network();
    const start = net.scheduler.now;
    node.link.join(ip('ff0e::2'));
    net.advance(5000);
    const reports = net.of('multicast-listener-report-v2');
    expect(reports.map(records)).toEqual([['4 ff0e::2'], ['4 ff0e::2']]);
    expect(reports[0]).toMatchObject({
      at: start,
      source: 'fe80::a',
      destination: 'ff02::16',
      hopLimit: 1,
    });
    expect((reports[1]?.at ?? 0) - start).toBeLessThanOrEqual(1000);
  });

  it('is counted: who joins twice has to leave twice', () => {
    const { net, node } = network();
    node.link.join(ip('ff0e::1'));
    node.link.leave(ip('ff0e::1'));
    node.link.leave(ip('ff0e::99'));
    net.advance(5000);
    expect(net.seen).toEqual([]);
    expect(node.link.isMember(ip('ff0e::1'))).toBe(true);
    node.link.leave(ip('ff0e::1'));
    net.advance(5000);
    expect(net.of('multicast-listener-report-v2').map(records)).toEqual([
      ['3 ff0e::1'],
      ['3 ff0e::1'],
    ]);
    expect(node.link.isMember(ip('ff0e::1'))).toBe(false);
  });

  it('is told from the unspecified address while the link-local one is tentative, and again afterwards', () => {
    const net = new TestLink();
    net.node('node', { linkLocal: ip('fe80::a'), linkLocalDetection: 'probe' });
    net.advance(999);
    for (const report of net.of('multicast-listener-report-v2')) expect(report.source).toBe('::');
    net.forget();
    net.advance(10);
    const [report] = net.of('multicast-listener-report-v2');
    expect(report?.source).toBe('fe80::a');
    expect(report === undefined ? [] : records(report)).toEqual(['4 ff02::1:ff00:a']);
  });

  it('is not reported of all nodes, nor of groups that stay in the node', () => {
    const { net, node } = network();
    node.link.join(ip('ff02::1'));
    node.link.join(ip('ff01::5'));
    net.advance(5000);
    expect(net.seen).toEqual([]);
  });

  it('answers a general query within the time that it gives', () => {
    const { net } = network();
    const start = net.scheduler.now;
    net.stranger().send(query(), { source: 'fe80::1', destination: 'ff02::1', hopLimit: 1 });
    net.advance(5000);
    const reports = net.of('multicast-listener-report-v2');
    expect(reports.map(records)).toEqual([['2 ff02::1:ff00:a', '2 ff0e::1']]);
    expect((reports[0]?.at ?? 0) - start).toBeLessThanOrEqual(1001);
  });

  it('answers a query for one of its groups, and for no other', () => {
    const { net } = network();
    const querier = net.stranger();
    querier.send(query('ff0e::77'), { source: 'fe80::1', destination: 'ff02::1', hopLimit: 1 });
    net.advance(5000);
    expect(net.of('multicast-listener-report-v2')).toEqual([]);
    querier.send(query('ff0e::1'), { source: 'fe80::1', destination: 'ff0e::1', hopLimit: 1 });
    net.advance(5000);
    expect(net.of('multicast-listener-report-v2').map(records)).toEqual([['2 ff0e::1']]);
  });

  it('answers many queries together', () => {
    const { net } = network();
    const querier = net.stranger();
    for (let i = 0; i < 500; i++) {
      querier.send(query(), { source: 'fe80::1', destination: 'ff02::1', hopLimit: 1 });
    }
    net.advance(5000);
    expect(net.of('multicast-listener-report-v2')).toHaveLength(1);
  });

  it('speaks version 1 to a querier that does', () => {
    const { net } = network();
    const message: Icmpv6Message = {
      kind: 'multicast-listener-query',
      code: 0,
      maximumResponseDelay: 100,
      multicastAddress: ip('::'),
    };
    net.stranger().send(message, { source: 'fe80::1', destination: 'ff02::1', hopLimit: 1 });
    net.advance(5000);
    expect(net.of('multicast-listener-report').map(({ destination }) => destination)).toEqual([
      'ff02::1:ff00:a',
      'ff0e::1',
    ]);
  });

  it('ignores queries that come from elsewhere', () => {
    const { net } = network();
    const querier = net.stranger();
    querier.send(query(), { source: '2001:db8::1', destination: 'ff02::1', hopLimit: 1 });
    querier.send(query(), { source: 'fe80::1', destination: 'ff02::1', hopLimit: 64 });
    querier.send(query(), { source: 'fe80::1', destination: 'ff02::1', hopLimit: 1, checksum: 1 });
    net.advance(5000);
    expect(net.of('multicast-listener-report-v2')).toEqual([]);
  });

  it('fits reports of many groups into packets of 1280 octets', () => {
    const net = new TestLink();
    const node = net.node('node', { linkLocal: ip('fe80::a') });
    for (let i = 0; i < 200; i++) node.link.join(ip(`ff0e::${(i + 1).toString(16)}`));
    net.advance(5000);
    net.forget();
    const octets: number[] = [];
    net.link.tap((frame) => octets.push(frame.length - 14));
    node.port.setUp(false);
    node.port.setUp(true);
    const told = net.of('multicast-listener-report-v2').flatMap(records);
    expect(new Set(told).size).toBe(201);
    expect(octets).toHaveLength(4);
    expect(Math.max(...octets)).toBeLessThanOrEqual(1280);
  });
});
