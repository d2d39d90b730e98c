import { putText } from '../../aws/put-object.ts';
import { change, openLedger } from '../../incident/ledger.ts';
import { withNotice, type History } from '../page/history.ts';
import { statusPageHtml } from '../page/html.ts';
import type { ChannelSettings, Send } from '../contract.ts';
import { failureOf } from './failure.ts';

/** Keys of the page's bucket. */
const files = { history: 'history.json', page: 'index.html' } as const;
/** Readers may have a copy that is so old, seconds; the distribution keeps none longer. */
const maxAge = 30;
/** Another writer may be faster so often. */
const maxRounds = 5;

/**
 * Our own status page: its history is changed on condition, then the page is written from it. When somebody else has
 * changed the history meanwhile, it is written again, so that an older page never stays behind a newer history.
 */
export function sendToPage(
  { bucket }: NonNullable<ChannelSettings['page']>,
  about: { readonly application: string; readonly publicName: string },
): Send {
  return async (delivery) => {
    try {
      const ledger = openLedger(bucket);
      await change<History>(ledger, files.history, (history) => withNotice(history, delivery));
      for (let round = 1; round <= maxRounds; round++) {
        const before = await ledger.read<History>(files.history);
        const page = statusPageHtml(before?.value ?? { incidents: [] }, { ...about, now: delivery.now });
        await putText(bucket, files.page, page, 'text/html', maxAge);
        const after = await ledger.read<History>(files.history);
        if (after?.etag === before?.etag) break;
      }
      return {};
    } catch (error) {
      throw failureOf(error);
    }
  };
}
