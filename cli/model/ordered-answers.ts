/**
 * What depends on the packets before: IKE that was opened, ESP recognised as not encrypted, verdicts on authenticators,
 * fragments. It is found in one pass in the order of the packets, and remembered, so that the tree of any packet can be
 * made at any time and says the same.
 */
import { copyOctets } from '../../dissectors/core/bytes.ts';
import { FrameView, Ipv6View, walkIpv6, walkLink } from '../../dissectors/index.ts';
import type { OpenEsp, OpenIke, OpenedEsp, OpenedIke } from '../../dissectors/index.ts';
import type { Verification, Verifier } from '../../dissectors/verification.ts';
import { addressKey } from '../../dissectors/core/address.ts';
import type { IkeNotice } from '../../engine/ike/notices.ts';
import type { AnyIkeSecret } from '../../engine/ike/secret.ts';
import { IkeSessions } from '../../engine/ike/sessions.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import { Reassembly } from '../../engine/state/reassembly.ts';
import { SecurityAssociationTable } from '../../engine/state/security-association.ts';
import type { SecurityAssociation } from '../../engine/state/security-association.ts';
import type { VerificationKeys } from '../../engine/verification/keys.ts';
import { PacketVerifier } from '../../engine/verification/packet-verifier.ts';
import { espOpenerOf } from '../esp-opener.ts';
import { NullOpener } from '../null-opener.ts';
import type { ViewTools } from '../read/packet-view.ts';
import type { PacketCatalogue } from './catalogue.ts';

/** Packets of which opened IKE messages, verdicts, or several layouts are remembered. */
export const MAX_ANSWERED = 50_000;
/** Datagrams whose fragments are remembered, and fragments of one. */
export const MAX_DATAGRAMS = 20_000;
export const MAX_PIECES = 128;
/** Datagrams that wait for fragments. */
const MAX_OPEN_DATAGRAMS = 1024;
/** Layouts of ESP told apart; one octet holds the number. */
const MAX_LAYOUTS = 254;
/** Says that `#answers` has the layouts of a packet. */
const SEVERAL = 255;

/** A layout that ESP with NULL encryption was recognised in. */
type NullLayout = Pick<OpenedEsp, 'ivLength' | 'icvLength' | 'recognisedBy'>;

/** What was answered for one packet, in the order of the questions. */
interface Answers {
  readonly ike: (OpenedIke | undefined)[];
  readonly verifications: (readonly Verification[])[];
  /** Numbers of layouts, 0 for not recognised. */
  readonly layouts: number[];
}

/** What a run has keys for. */
export interface AnswerKeys {
  readonly associations: readonly SecurityAssociation[];
  readonly ike: readonly AnyIkeSecret[];
  readonly verification: VerificationKeys;
}

const NONE: readonly Verification[] = [];
/** SPI and sequence number. */
const ESP_HEADER = 8;

/** Answers of a run. */
export class OrderedAnswers {
  readonly #catalogue: PacketCatalogue;
  readonly #withKeys: OpenEsp | undefined;
  readonly #inClear = new NullOpener();
  readonly #sessions: IkeSessions | undefined;
  readonly #verifier: PacketVerifier;
  readonly #layouts: NullLayout[] = [];
  readonly #answers = new Map<number, Answers>();
  /** Positions of the fragments before the one that completed a datagram, by the position of that. */
  readonly #datagrams = new Map<number, readonly number[]>();
  readonly #open = new Map<string, number[]>();
  readonly #reassembly = new Reassembly();
  readonly #frame = new FrameView();
  readonly #view = new Ipv6View();
  /** The packet at hand. */
  #answer: Answers = noAnswers();

  constructor({ associations, ike, verification }: AnswerKeys, catalogue: PacketCatalogue) {
    this.#catalogue = catalogue;
    this.#verifier = new PacketVerifier(verification);
    if (associations.length + ike.length > 0) {
      const table = new SecurityAssociationTable(associations);
      this.#withKeys = espOpenerOf(table);
      if (ike.length > 0) {
        this.#sessions = new IkeSessions(ike, (association) => {
          table.add(association);
        });
      }
    }
  }

  /** What keeps IKE sessions from being followed, so far. */
  get notices(): readonly IkeNotice[] {
    return this.#sessions?.notices.all ?? [];
  }

  /** Tools for the next packet in order; call `remember` when its tree is made. */
  follow(record: PacketRecord): ViewTools {
    const answer = noAnswers();
    this.#answer = answer;
    const verifier = this.#verifier;
    verifier.time = timeOf(record);
    const openEsp: OpenEsp = (bytes, offset, end, source, destination) => {
      const opened = this.#withKeys?.(bytes, offset, end, source, destination);
      if (opened !== undefined) return opened;
      const found = this.#inClear.openEsp(bytes, offset, end, source, destination);
      answer.layouts.push(found === undefined ? 0 : this.#layoutOf(found));
      return found;
    };
    const recorder: Verifier = {
      mobility(message) {
        const found = verifier.mobility(message);
        answer.verifications.push(found);
        return found;
      },
      neighborDiscovery(message) {
        const found = verifier.neighborDiscovery(message);
        answer.verifications.push(found);
        return found;
      },
    };
    const sessions = this.#sessions;
    if (sessions === undefined) return { openEsp, verifier: recorder };
    const openIke: OpenIke = (...message) => {
      const opened = sessions.open(...message);
      answer.ike.push(opened);
      return opened;
    };
    return { openEsp, openIke, verifier: recorder };
  }

  /** Remembers what was answered for the packet of `follow`. */
  remember(position: number): void {
    const { ike, verifications, layouts } = this.#answer;
    const [only = 0] = layouts;
    const isSimple = layouts.length <= 1;
    if (isSimple && only > 0) this.#catalogue.setLayout(position, only);
    const hasMore =
      ike.some((item) => item !== undefined) ||
      verifications.some((item) => item.length > 0) ||
      (!isSimple && layouts.some((item) => item > 0));
    if (!hasMore || this.#answers.size >= MAX_ANSWERED) return;
    this.#answers.set(position, this.#answer);
    if (!isSimple) this.#catalogue.setLayout(position, SEVERAL);
  }

  /** Tools for any packet: they say what was said in order. */
  replay(position: number): ViewTools {
    const answers = this.#answers.get(position);
    const layout = this.#catalogue.layout(position);
    const layouts = layout === SEVERAL ? answers?.layouts : [layout];
    let nextLayout = 0;
    let nextVerification = 0;
    let nextIke = 0;
    const openEsp: OpenEsp = (bytes, offset, end, source, destination) => {
      const opened = this.#withKeys?.(bytes, offset, end, source, destination);
      if (opened !== undefined) return opened;
      const found = this.#layouts[(layouts?.[nextLayout++] ?? 0) - 1];
      return found === undefined ? undefined : openedBy(found, bytes, offset, end);
    };
    const said = (): readonly Verification[] => answers?.verifications[nextVerification++] ?? NONE;
    const verifier: Verifier = { mobility: said, neighborDiscovery: said };
    if (this.#sessions === undefined) return { openEsp, verifier };
    return { openEsp, openIke: () => answers?.ike[nextIke++], verifier };
  }

  /**
   * Takes the next packet in order for its fragments.
   * @returns the whole packet that it completes
   */
  addFragment(record: PacketRecord, position: number): Uint8Array | undefined {
    const view = this.#fragmentOf(record);
    if (view === undefined) return undefined;
    const { bytes, source, destination, identification } = view;
    const link = record.interfaceIndex;
    const key = `${link}/${identification}/${addressKey(bytes, source)}${addressKey(bytes, destination)}`;
    const before = this.#open.get(key) ?? [];
    const result = this.#reassembly.add(view, link, timeOf(record));
    if (result.kind !== 'complete') {
      this.#note(key, before, position);
      return undefined;
    }
    this.#open.delete(key);
    if (this.#datagrams.size < MAX_DATAGRAMS) this.#datagrams.set(position, before);
    return result.bytes;
  }

  /**
   * The whole packet that a fragment completed in order.
   * @param read reads another packet; what it gives is valid until the next call
   */
  reassembled(
    position: number,
    record: PacketRecord,
    read: (position: number) => PacketRecord | undefined,
  ): Uint8Array | undefined {
    const before = this.#datagrams.get(position);
    if (before === undefined) return undefined;
    const reassembly = new Reassembly();
    // The octets of the record may be those that reading another one writes over.
    const own: PacketRecord = {
      ...record,
      bytes: copyOctets(record.bytes, record.offset, record.end),
      offset: 0,
      end: record.end - record.offset,
    };
    for (const piece of before) {
      const other = read(piece);
      const view = other === undefined ? undefined : this.#fragmentOf(other);
      if (other !== undefined && view !== undefined) {
        reassembly.add(view, other.interfaceIndex, timeOf(other));
      }
    }
    const view = this.#fragmentOf(own);
    if (view === undefined) return undefined;
    const result = reassembly.add(view, own.interfaceIndex, timeOf(own));
    return result.kind === 'complete' ? result.bytes : undefined;
  }

  /** Forgets packets below a position. */
  forget(first: number): void {
    for (const map of [this.#answers, this.#datagrams]) {
      for (const position of map.keys()) {
        if (position >= first) break;
        map.delete(position);
      }
    }
  }

  #note(key: string, before: number[], position: number): void {
    before.push(position);
    // A datagram of more fragments than any honest one is not put together again.
    if (before.length > MAX_PIECES) before.shift();
    this.#open.delete(key);
    this.#open.set(key, before);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_OPEN_DATAGRAMS && oldest !== undefined) this.#open.delete(oldest);
  }

  /** As `FragmentStore` has it: a fragment of the outermost IPv6 header that the capture did not cut. */
  #fragmentOf({
    bytes,
    offset,
    end,
    originalLength,
    linkType,
  }: PacketRecord): Ipv6View | undefined {
    if (end - offset < originalLength) return undefined;
    const frame = this.#frame;
    walkLink(bytes, offset, end, linkType, false, frame);
    if (frame.ipVersion !== 6) return undefined;
    const view = this.#view;
    if (!walkIpv6(bytes, frame.ipOffset, end, false, view)) return undefined;
    const isFragment = view.fragment >= 0 && (view.fragmentOffset !== 0 || view.moreFragments);
    return isFragment ? view : undefined;
  }

  #layoutOf({ ivLength, icvLength, recognisedBy }: OpenedEsp): number {
    const known = this.#layouts.findIndex(
      (item) =>
        item.ivLength === ivLength &&
        item.icvLength === icvLength &&
        item.recognisedBy === recognisedBy,
    );
    if (known >= 0) return known + 1;
    if (this.#layouts.length >= MAX_LAYOUTS) return 0;
    return this.#layouts.push({
      ivLength,
      icvLength,
      ...(recognisedBy === undefined ? {} : { recognisedBy }),
    });
  }
}

function noAnswers(): Answers {
  return { ike: [], verifications: [], layouts: [] };
}

function timeOf({ seconds, nanoseconds }: PacketRecord): number {
  return seconds * 1e6 + Math.floor(nanoseconds / 1000);
}

function openedBy(layout: NullLayout, bytes: Uint8Array, offset: number, end: number): OpenedEsp {
  const { ivLength, icvLength } = layout;
  return {
    ...layout,
    bytes: copyOctets(bytes, offset + ESP_HEADER + ivLength, end - icvLength),
    icv: 'not-checked',
  };
}
