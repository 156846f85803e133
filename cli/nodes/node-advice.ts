/**
 * What a configuration may say, and whoever says it should know about.
 */
import type { NodeDocument } from './node-schema.ts';

/** Sentences. */
export function* nodeAdvice(settings: NodeDocument): Generator<string> {
  const { homeAgent, mobileNode, state, links } = settings;
  if (homeAgent !== undefined) {
    if (state === undefined) {
      yield 'no state: bindings and sequence numbers are lost with the process, and old Binding Updates may be replayed then (RFC 6275 section 10.3.1)';
    } else if (homeAgent.refreshInterval !== undefined) {
      yield 'homeAgent.refreshInterval has no effect with state: half of each lifetime is advised';
    }
    const modes = [homeAgent, ...homeAgent.mobileNodes].map((each) => each.deregistration);
    if (modes.includes('rfc')) {
      yield 'deregistration: rfc takes layouts that a relay attack uses (draft-ebalard-mext-hld-security section 5.4)';
    }
    if (homeAgent.mobileNodes.length === 0) {
      yield 'homeAgent.mobileNodes is empty: every registration is refused';
    }
  }
  if (mobileNode?.homeLink === 'prefix') {
    yield 'homeLink: prefix believes whoever advertises the home prefix; say never, or send';
  }
  if (mobileNode !== undefined && settings.tun === undefined) {
    yield 'no tun: programs of this machine cannot use the home address';
  }
  if (mobileNode === undefined && links.every(({ addresses }) => addresses.length === 0)) {
    yield 'no link has addresses: the node forms its own from advertised prefixes';
  }
}
