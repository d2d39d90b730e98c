/**
 * Incident time in this process: `Date` runs ahead of the machine's by a fixed distance.
 *
 * Only `Date` moves. Timers and `performance` stay real, because time passes at its own pace while a
 * function works.
 */
const RealDate = Date;
const realNow = RealDate.now;
let ahead = 0;

const now = () => realNow() + ahead;

RealDate.now = now;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
  apply: () => new RealDate(now()).toString(),
});
RealDate.prototype.constructor = globalThis.Date;

/** From now on it is `time`, milliseconds since the epoch. */
export function setIncidentTime(time) {
  ahead = Math.round(time) - realNow();
}
