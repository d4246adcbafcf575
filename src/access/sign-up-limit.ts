/**
 * Charges a sign-up that the cloud has admitted to its user and to its address, before anything is made for it.
 *
 * @param address The client's; null when it is not known.
 * @throws ComputeError `rate_limited`.
 */
export type SpendSignUp = (userId: string, address: string | null) => Promise<void>;
