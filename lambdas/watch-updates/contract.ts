import type { QuietHours } from '../communication/contract.ts';

/** Each minute: is somebody waiting for an update that was promised? */
export interface Settings {
  readonly environment: string;
  readonly ledgerBucket: string;
  readonly region: string;
  /** When mails, text messages and pages wait until morning: then they are promised for the morning. */
  readonly quiet?: QuietHours;
  /** Our own status page, which is written once before there is anything to say. */
  readonly page?: { readonly bucket: string; readonly application: string; readonly publicName: string };
}

export interface Output {
  /** Sentences, one per audience that waits; empty when nobody does. */
  readonly overdue: readonly string[];
}
