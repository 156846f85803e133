/**
 * Associations of a node out of rows of key files.
 *
 * Rules, by home address and way:
 * 1. An SPI that the configuration gives to a purpose decides.
 * 2. Else a row fits by addresses (the home address in the row or its selector, the home agent at the other end), mode
 *    and selector; a message type goes before a protocol, a protocol before any. Two that fit alike are ambiguous with
 *    manual keys, and follow each other with negotiated ones.
 * 3. Rows without a selector (`esp_sa`, `setkey`) go, in the order of the file, to what is left in the order of RFC 3776
 *    section 5.2 (binding, home tests, prefix discovery, payload), if there are just as many; where all say their mode,
 *    each mode by itself.
 * 4. Rows that name no home address count only when a single one is declared.
 */
import { addressKey } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { AssociationOrigin } from '../../engine/state/security-association.ts';
import { associationFault, formatSpi } from './association-parameters.ts';
import type { NodeAssociationParameters } from './association-parameters.ts';
import { addressesOf, BOTH_WAYS, fitOf, hasAddressesOf, wantedOf } from './key-matching.ts';
import type { KeyedAssociation, Towards, WantedProtection } from './key-matching.ts';
import type { HomeAddressPolicies, ProtectionPurpose } from './policy.ts';
import { ProtectionKeys } from './protection-keys.ts';

/** SPIs by purpose and way, for rows that do not say what they are for. */
export type SpiRoles = Partial<
  Record<
    ProtectionPurpose,
    { readonly toHomeAgent?: number | undefined; readonly toMobileNode?: number | undefined }
  >
>;

/** A home address that associations are looked for. */
export interface AssociationDeclaration {
  readonly policies: HomeAddressPolicies;
  readonly spis?: SpiRoles | undefined;
  /** Default `manual`. */
  readonly keying?: 'manual' | 'negotiated' | undefined;
  /** See `NodeAssociationParameters`; what the key file says of it is for observers. */
  readonly replayWindow?: number | undefined;
}

/** What stands in the way of an association, or should be known about it. Nothing in it is secret. */
export interface AssociationProblem {
  /** `warning`: it is used all the same. */
  readonly severity: 'error' | 'warning';
  readonly code: 'missing' | 'ambiguous' | 'unusable' | 'counter-mode';
  readonly homeAddress: Uint8Array;
  readonly purpose: ProtectionPurpose;
  readonly towards: Towards;
  /** Rows that it is about. */
  readonly origins: readonly AssociationOrigin[];
  /** What is wrong; home address and rows are beside it. */
  readonly message: string;
}

/** What rows gave. */
export interface FoundAssociations {
  readonly associations: NodeAssociationParameters[];
  readonly problems: AssociationProblem[];
  /** Rows that nobody has use for. */
  readonly unused: AssociationOrigin[];
}

/** Associations for home addresses of this node, of rows of key files. Linear in both. Never throws. */
export function findAssociations(
  rows: readonly KeyedAssociation[],
  declarations: readonly AssociationDeclaration[],
): FoundAssociations {
  const index = new RowIndex(rows);
  const found: FoundAssociations = { associations: [], problems: [], unused: [] };
  const used = new Set<KeyedAssociation>();
  for (const declaration of declarations) {
    const isOnly = declarations.length === 1;
    for (const towards of BOTH_WAYS) {
      new Search(declaration, towards, index, isOnly, found, used).run();
    }
  }
  for (const row of rows) if (!used.has(row)) found.unused.push(row.origin);
  return found;
}

/** Rows by what they can be found by. */
class RowIndex {
  readonly all: readonly KeyedAssociation[];
  readonly #byAddress = new Map<AddressKey, KeyedAssociation[]>();
  readonly #bySpi = new Map<number, KeyedAssociation[]>();

  constructor(rows: readonly KeyedAssociation[]) {
    this.all = rows;
    for (const row of rows) {
      for (const key of new Set(addressesOf(row).map((address) => addressKey(address)))) {
        put(this.#byAddress, key, row);
      }
      if (row.spi !== undefined) put(this.#bySpi, row.spi, row);
    }
  }

  /** Rows that name the address. */
  naming(address: Uint8Array): readonly KeyedAssociation[] {
    return this.#byAddress.get(addressKey(address)) ?? [];
  }

  withSpi(spi: number): readonly KeyedAssociation[] {
    return this.#bySpi.get(spi) ?? [];
  }
}

function put<K>(map: Map<K, KeyedAssociation[]>, key: K, row: KeyedAssociation): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [row]);
  else list.push(row);
}

/** Rows of one home address one way. */
class Search {
  readonly #declaration: AssociationDeclaration;
  readonly #policies: HomeAddressPolicies;
  readonly #towards: Towards;
  readonly #index: RowIndex;
  readonly #isOnly: boolean;
  readonly #found: FoundAssociations;
  readonly #used: Set<KeyedAssociation>;
  /** Purposes of each row that was chosen, in the order of choice. */
  readonly #chosen = new Map<KeyedAssociation, WantedProtection[]>();

  constructor(
    declaration: AssociationDeclaration,
    towards: Towards,
    index: RowIndex,
    isOnly: boolean,
    found: FoundAssociations,
    used: Set<KeyedAssociation>,
  ) {
    this.#declaration = declaration;
    this.#policies = declaration.policies;
    this.#towards = towards;
    this.#index = index;
    this.#isOnly = isOnly;
    this.#found = found;
    this.#used = used;
  }

  run(): void {
    const wanted = wantedOf(this.#policies);
    const byRule = wanted.filter((each) => !this.#bySpiRole(each));
    const rows = this.#candidates();
    const left = byRule.filter((each) => !this.#bySelector(each, rows));
    this.#byOrder(left, rows);
    for (const [row, purposes] of this.#chosen) this.#install(row, purposes);
  }

  /** Rule 1. @returns whether an SPI was given */
  #bySpiRole(wanted: WantedProtection): boolean {
    const roles = this.#declaration.spis?.[wanted.purpose];
    const spi = this.#towards === 'home-agent' ? roles?.toHomeAgent : roles?.toMobileNode;
    if (spi === undefined) return false;
    const rows = this.#index
      .withSpi(spi)
      .filter(
        (row) =>
          fitOf(row, this.#towards, wanted) !== undefined &&
          hasAddressesOf(row, this.#towards, this.#policies, true),
      );
    this.#choose(wanted, rows, `SPI ${formatSpi(spi)}`);
    return true;
  }

  #candidates(): readonly KeyedAssociation[] {
    const { homeAddress } = this.#policies;
    const rows = this.#isOnly ? this.#index.all : this.#index.naming(homeAddress);
    return rows.filter((row) => hasAddressesOf(row, this.#towards, this.#policies, this.#isOnly));
  }

  /** Rule 2. @returns whether a row says that it is for this */
  #bySelector(wanted: WantedProtection, rows: readonly KeyedAssociation[]): boolean {
    let best = 0;
    let fitting: KeyedAssociation[] = [];
    for (const row of rows) {
      const fit = fitOf(row, this.#towards, wanted) ?? 0;
      if (fit === 0 || fit < best) continue;
      if (fit > best) fitting = [];
      best = fit;
      fitting.push(row);
    }
    if (best === 0) return false;
    this.#choose(wanted, fitting, 'its selector');
    return true;
  }

  /** Rule 3; where all rows say their mode, each mode by itself. */
  #byOrder(left: readonly WantedProtection[], rows: readonly KeyedAssociation[]): void {
    const silent = rows.filter((row) => row.selector === undefined && !this.#chosen.has(row));
    const saysMode = silent.every(({ mode }) => mode !== undefined && mode !== 'any');
    if (!saysMode) {
      this.#pairUp(left, silent);
      return;
    }
    for (const mode of ['transport', 'tunnel']) {
      this.#pairUp(
        left.filter((each) => each.mode === mode),
        silent.filter((each) => each.mode === mode),
      );
    }
  }

  #pairUp(left: readonly WantedProtection[], rows: readonly KeyedAssociation[]): void {
    const fits =
      rows.length === left.length &&
      rows.every((row, i) => {
        const wanted = left[i];
        return (
          wanted !== undefined && isUsable(row) && fitOf(row, this.#towards, wanted) !== undefined
        );
      });
    for (const [i, wanted] of left.entries()) {
      const row = rows[i];
      if (fits && row !== undefined) this.#choose(wanted, [row], 'its place');
      else if (rows.length === 0) this.#report(wanted, 'missing', [], 'no association for it');
      else {
        const message = `rows that do not say what they are for, purposes that are left: ${rows.length} and ${left.length}; say which SPI is for what`;
        this.#report(wanted, 'ambiguous', rows, message);
      }
    }
  }

  #choose(wanted: WantedProtection, rows: readonly KeyedAssociation[], by: string): void {
    const usable = rows.filter(isUsable);
    if (rows.length === 0) this.#report(wanted, 'missing', [], `no association by ${by}`);
    else if (usable.length === 0) {
      this.#report(wanted, 'unusable', rows, 'the row is for any SPI; a node needs one');
    } else if (usable.length > 1 && this.#keying === 'manual') {
      const message = `${usable.length} associations fit by ${by}; manual keys leave no choice (RFC 3776 section 4.2)`;
      this.#report(wanted, 'ambiguous', usable, message);
    } else {
      for (const row of usable) {
        const purposes = this.#chosen.get(row);
        if (purposes === undefined) this.#chosen.set(row, [wanted]);
        else purposes.push(wanted);
      }
    }
  }

  get #keying(): 'manual' | 'negotiated' {
    return this.#declaration.keying ?? 'manual';
  }

  #install(row: KeyedAssociation, wanted: readonly WantedProtection[]): void {
    const [first] = wanted;
    const { spi, selector } = row;
    if (first === undefined || spi === undefined) return;
    this.#used.add(row);
    const { side, homeAddress, homeAgent } = this.#policies;
    let keys: ProtectionKeys;
    try {
      keys = new ProtectionKeys(row);
    } catch (error) {
      // Lengths of keys, never keys.
      this.#report(first, 'unusable', [row], error instanceof Error ? error.message : 'its keys');
      return;
    }
    const isNarrow = selector?.protocol !== undefined;
    const parameters: NodeAssociationParameters = {
      side,
      direction: (side === 'home-agent') === (this.#towards === 'home-agent') ? 'in' : 'out',
      protocol: first.protocol,
      mode: first.mode,
      spi,
      homeAddress,
      homeAgent,
      purposes: wanted.map(({ purpose }) => purpose),
      selector: isNarrow ? { protocol: selector.protocol, type: selector.type } : undefined,
      keying: this.#keying,
      keys,
      extendedSequence: row.extendedSequence,
      replayWindow: this.#declaration.replayWindow,
    };
    const fault = associationFault(parameters, this.#policies);
    if (fault !== undefined) {
      this.#report(first, 'unusable', [row], fault);
      return;
    }
    if (keys.isCounterMode && this.#keying === 'manual') {
      const { name, rfc } = keys.encryption;
      const message = `${name} with a manual key, which RFC ${rfc} advises against; IVs start at random so that none comes twice`;
      this.#report(first, 'counter-mode', [row], message);
    }
    this.#found.associations.push(parameters);
  }

  #report(
    { purpose }: WantedProtection,
    code: AssociationProblem['code'],
    rows: readonly KeyedAssociation[],
    reason: string,
  ): void {
    const { homeAddress } = this.#policies;
    const origins = rows.map(({ origin }) => origin);
    this.#found.problems.push({
      severity: code === 'counter-mode' ? 'warning' : 'error',
      code,
      homeAddress,
      purpose,
      towards: this.#towards,
      origins,
      message: `${purpose} to the ${this.#towards.replace('-', ' ')}: ${reason}`,
    });
  }
}

function isUsable({ spi }: KeyedAssociation): boolean {
  return spi !== undefined;
}
