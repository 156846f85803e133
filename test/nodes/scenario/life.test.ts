import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { CORRESPONDENT, HOME } from '../mobile-node/bench.ts';
import { AnalyzedNetwork } from './analyzed-network.ts';

const SECOND = 1000;

function careOfAt(network: AnalyzedNetwork): string | undefined {
  const entry = network.network.correspondent.bindings.find(HOME);
  return entry === undefined ? undefined : formatAddress(entry.careOfAddress);
}

function debug(network: AnalyzedNetwork): void {
  console.log(network.network.log.filter(({level})=>level!=='debug').map((e)=>JSON.stringify(e)).join('\n'));
}

describe('the life of a mobile node', () => {
  test('away, elsewhere, back, and home', async () => {
    const life = new AnalyzedNetwork();
    const { network } = life;
    life.advance(10 * SECOND);
    expect(network.state).toBe('registered');
    life.converse();
    life.advance(5 * SECOND);
    debug(life);
    console.log(careOfAt(life), life.arrived, life.frames.length);
    console.log(life.converse().filter((p)=>p.link==='core').map((p)=>`${p.link} ${p.source} > ${p.destination} ${p.protocol} hao=${p.homeAddressOption} rh2=${p.type2RoutingHeader}`).join('\n'));
    network.move('two');
    life.advance(5 * SECOND);
    console.log(careOfAt(life));
    life.converse();
    network.move('one');
    life.converse();
    network.move('home');
    life.converse();
    life.advance(10 * SECOND);
    console.log(network.state, careOfAt(life), life.arrived);
    network.move('two');
    life.converse();
    life.advance(10 * SECOND);
    const analysis = await life.analyze();
    console.log(analysis.alerts, [...analysis.events], analysis.summary.counters, analysis.summary.notJudged.length, analysis.summary.internalErrors);
    debug(life);
    expect(CORRESPONDENT).toBeDefined();
  });

  test('streaming', async () => {
    const life = new AnalyzedNetwork();
    const { network } = life;
    life.advance(10 * SECOND);
    life.stream();
    life.advance(5 * SECOND);
    for (const link of ['two', 'one', 'home', 'two', 'one', 'home'] as const) {
      network.move(link);
      life.advance(20 * SECOND);
      console.log(link, network.state, careOfAt(life), life.arrived);
    }
    network.move('two');
    life.advance(900 * SECOND);
    console.log(network.state, careOfAt(life), life.arrived);
    network.node.stop(() => undefined);
    life.advance(10 * SECOND);
    life.endStream();
    console.log(network.state, careOfAt(life), life.arrived);
    const analysis = await life.analyze();
    console.log(analysis.alerts, [...analysis.events], analysis.summary.counters.espOpened, analysis.summary.counters.esp, analysis.summary.notJudged, analysis.summary.internalErrors);
    console.log(network.log.filter(({level})=>level==='alarm' || level === 'warn').map((e)=>JSON.stringify(e)).join('\n'));
  });
});
