/** The call is somebody else's, or there is none: whoever asked is told why. No machine asks, so none catches it. */
export class AcknowledgementRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AcknowledgementRefused';
    // Lambda hands the stack to the caller; a person needs the sentence only.
    this.stack = `${this.name}: ${message}`;
  }
}
