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
/** What it is about. */
interface About {
  readonly application: string;
  readonly publicName: string;
}

/** Another writer may be faster so often. */
const maxRounds = 5;

/**
 * The page of an environment that nobody was told of yet: whoever looks should find that all is well, and not that there
 * is nothing.
 *
 * @returns whether it was written now
 */
export async function writeFirstPage(bucket: string, about: About): Promise<boolean> {
  const ledger = openLedger(bucket);
  if (await ledger.read<History>(files.history)) return false;
  const history: History = { incidents: [] };
  if (!(await ledger.create(files.history, history))) return false;
  await putText(
    bucket,
    files.page,
    statusPageHtml(history, { ...about, now: Date.now() }),
    'text/html',
    maxAge,
  );
  return true;
}

/**
 * Our own status page: its history is changed on condition, then the page is written from it. When somebody else has
 * changed the history meanwhile, it is written again, so that an older page never stays behind a newer history.
 */
export function sendToPage({ bucket }: NonNullable<ChannelSettings['page']>, about: About): Send {
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
