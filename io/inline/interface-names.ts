/**
 * Interfaces that packets came in by, as a list that grows: asked of the kernel once each, however many packets come.
 */
import type { CaptureInterface } from '../../engine/ports.ts';
import type { Kernel } from '../native/kernel.ts';
import { LinkMonitor } from './link-monitor.ts';

const ETHERNET = 1;
/** Names that are told apart; containers have a new one each. What comes in by further ones shares the last place. */
const MAX_NAMES = 1024;

/** Places of interfaces in a list. */
export class InterfaceNames {
  /** Grows. */
  readonly interfaces: CaptureInterface[] = [];
  readonly #monitor: LinkMonitor;
  readonly #snapLength: number;
  /** Place by index of the kernel. Emptied whenever an interface changes its name or goes: an index may come again. */
  readonly #places = new Map<number, number>();
  readonly #placesByName = new Map<string, number>();

  /**
   * @param snapLength octets of a packet that are handed over at most
   * @throws HostError
   */
  constructor(kernel: Kernel, snapLength: number) {
    this.#snapLength = snapLength;
    this.#monitor = new LinkMonitor(kernel);
    this.#monitor.onEvent = (event) => {
      const index = event.kind === 'gone' ? event.index : event.facts.index;
      this.#places.delete(index);
    };
    this.#monitor.onLoss = () => {
      this.#places.clear();
    };
    this.#monitor.watch();
  }

  /** Place in `interfaces` of the interface with this index of the kernel; 0 = this machine itself. */
  place(index: number): number {
    return this.#places.get(index) ?? this.#find(index);
  }

  /** Never throws. */
  close(): void {
    this.#monitor.close();
  }

  #find(index: number): number {
    // Asked for all: the answer for one is asked by its name.
    const links = index === 0 ? [] : this.#monitor.ask();
    const name = links.find((link) => link.index === index)?.name ?? '';
    // No name has a slash.
    const key = index === 0 ? '/' : name;
    let place = this.#placesByName.get(key);
    if (place === undefined && this.#placesByName.size < MAX_NAMES) {
      place = this.interfaces.length;
      this.interfaces.push({
        inputIndex: 0,
        name: name === '' ? undefined : name,
        description: index === 0 ? 'this machine' : undefined,
        linkType: ETHERNET,
        snapLength: this.#snapLength,
      });
      this.#placesByName.set(key, place);
    }
    place ??= MAX_NAMES - 1;
    this.#places.set(index, place);
    return place;
  }
}
