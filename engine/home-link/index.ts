/**
 * What rules about the home link and de-registration have in common.
 */
export { covers, isSameAddress, isSameLinkLayer, prefixKey, registrationKey } from './addresses.ts';
export { advertisementKey, coversPrefix, rogueAdvertisements } from './advertisement.ts';
export type { AdvertisedPrefix, RogueAdvertisement } from './advertisement.ts';
export { EPISODE_BOUNDS, awayProofOf, episodeOf, observeEpisode } from './episode.ts';
export type { AwayProof, EpisodeEvent, HomeStyleEpisode } from './episode.ts';
export {
  homeBindingUpdateOf,
  homeStyleAnswerOf,
  homeStyleSignallingOf,
  isBare,
  isKnownCareOfAddress,
  isOverIpv4,
  isSamePacket,
  registeredCareOfAddress,
} from './signalling.ts';
export type { HomeBindingUpdate, HomeStyleAnswer, HomeStyleSignalling } from './signalling.ts';
