/**
 * What rules about correspondent registrations and return routability have in common.
 */
export {
  correspondentKey,
  correspondentUpdateOf,
  coverageOf,
  hasForgotten,
  isPlausibleIndex,
  testLeg,
} from './registration.ts';
export type {
  CorrespondentUpdate,
  RoutabilityCoverage,
  RoutabilityKnowledge,
  TestLeg,
} from './registration.ts';
export { unmatchedTestOf } from './unmatched-test.ts';
export type { UnmatchedTest } from './unmatched-test.ts';
export { unmatchedTestDraft } from './unmatched-draft.ts';
export {
  NONCE_AGE,
  TOKEN_AGE,
  initOf,
  isBareTest,
  isFreshCookie,
  isFreshValue,
  isMirroredAnswer,
  isSecondsApart,
  testMessageOf,
  testPairOf,
  wasSentOn,
  wayOf,
} from '../state/routability-tests.ts';
export type {
  LastInit,
  TestInit,
  TestKind,
  TestMessage,
  TestPair,
  TestWay,
  TestedAddress,
} from '../state/routability-tests.ts';
export { coversNetwork, usualHopLimit } from '../state/correspondents.ts';
export type { Correspondent } from '../state/correspondents.ts';
export type { SeenUpdate, UpdatePair } from '../state/seen-updates.ts';
export type { Authentication, RoutabilityQueries } from '../state/return-routability.ts';
export { octetsText } from './octets-text.ts';
