/** What a snapshot may be called: it is a part of a key, and people type it. */
export const snapshotName = /^[a-z0-9][a-z0-9.-]{0,62}$/;
