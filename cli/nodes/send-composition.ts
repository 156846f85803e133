/**
 * Secure neighbor discovery of a home agent: its advertisements are signed, and who asks is told its certification path.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { NetworkInterface } from '../../nodes/interface/network-interface.ts';
import type { InterfaceOptions } from '../../nodes/ip/host-parts.ts';
import type { Host } from '../../nodes/ip/host.ts';
import { PathResponder } from '../../nodes/send/path-responder.ts';
import { SendSigner } from '../../nodes/send/signer.ts';
import type { HomeAgentSettings } from './node-schema.ts';
import type { SendSigning } from './send-files.ts';

/** What a home agent signs with, on its home links. */
export class SendComposition {
  readonly signer: SendSigner;
  readonly #host: Host;
  readonly #signing: SendSigning;
  readonly #homeLinks: ReadonlySet<string>;
  #responder: PathResponder | undefined;

  constructor(settings: HomeAgentSettings, signing: SendSigning, host: Host) {
    this.signer = new SendSigner({ key: signing.key, scheduler: host.scheduler });
    this.#host = host;
    this.#signing = signing;
    this.#homeLinks = new Set(
      settings.prefixes.flatMap((each) => (each.interface === undefined ? [] : [each.interface])),
    );
  }

  /** Options of an interface: a home link has the address of the key. */
  interfaceOptions(name: string): InterfaceOptions {
    return this.#homeLinks.has(name) ? { linkLocal: this.signer.linkLocal } : {};
  }

  /** Answers who asks for the path. @param interfaces all of them, by name */
  answer(interfaces: ReadonlyMap<string, NetworkInterface>): void {
    const host = this.#host;
    const links = [...interfaces].flatMap(([name, link]) =>
      this.#homeLinks.has(name) ? [link] : [],
    );
    this.#responder = new PathResponder({ host, links, certificates: this.#signing.certificates });
    // What mobile nodes may have under homeRouters.
    host.tell('info', 'send-address', { address: formatAddress(this.signer.linkLocal) });
  }

  close(): void {
    this.#responder?.close();
  }
}
