import type { Cancel, Clock } from '../../../clock.ts';
import { delays } from '../../delays.ts';

/** What Route 53 holds to be true of a check, some seconds after its checkers say so everywhere. */
export class Agreement {
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #agreed = true;
  #heading = true;
  #cancel: Cancel = () => undefined;

  /** A new check is healthy until there is enough data to know. */
  constructor(clock: Clock, onChange: () => void) {
    this.#clock = clock;
    this.#onChange = onChange;
  }

  get healthy(): boolean {
    return this.#agreed;
  }

  propose(healthy: boolean): void {
    if (healthy === this.#heading) return;
    this.#heading = healthy;
    this.#cancel();
    if (healthy === this.#agreed) return;
    this.#cancel = this.#clock.at(this.#clock.now() + delays.route53Aggregate, () => {
      this.#agreed = healthy;
      this.#onChange();
    });
  }

  stop(): void {
    this.#cancel();
    this.#heading = this.#agreed;
  }
}
