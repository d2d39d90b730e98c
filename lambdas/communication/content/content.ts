import type { Content } from '../contract.ts';
import type { News } from '../news.ts';
import { customerContent } from './customer.ts';
import { engineerContent } from './engineer.ts';
import { managementContent } from './management.ts';

/** What a notice says, in the words of its reader: what an engineer needs is not what a customer can use. Pure. */
export function contentOf(news: News): Content {
  switch (news.audience) {
    case 'oncall':
    case 'oncall-secondary':
      return engineerContent(news);
    case 'management':
      return managementContent(news);
    case 'customers-enterprise':
    case 'customers-standard':
    case 'partners':
    case 'public':
      return customerContent(news);
  }
}
