/** Where a format or a rule of a protocol is defined. */
export interface Spec {
  readonly rfc: number;
  readonly section: string;
}
