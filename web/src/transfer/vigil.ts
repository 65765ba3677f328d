/** While bytes move: keep the screen awake where the browser can, and ask before the tab is closed. */

export class Vigil {
  private watching = false;
  private lock: WakeLockSentinel | null = null;

  /** Call after each change with whether anything moves now. */
  set(moving: boolean): void {
    if (moving === this.watching) return;
    this.watching = moving;
    if (moving) {
      addEventListener("beforeunload", this.ask);
      document.addEventListener("visibilitychange", this.renew);
      this.renew();
    } else {
      removeEventListener("beforeunload", this.ask);
      document.removeEventListener("visibilitychange", this.renew);
      void this.lock?.release().catch(() => undefined);
      this.lock = null;
    }
  }

  private readonly ask = (event: BeforeUnloadEvent): void => {
    event.preventDefault();
  };

  /** The browser lets go of the lock when the tab is hidden; take it again when it is back. */
  private readonly renew = (): void => {
    const wakeLock = (navigator as { readonly wakeLock?: WakeLock }).wakeLock;
    if (wakeLock === undefined || document.visibilityState !== "visible") return;
    wakeLock.request("screen").then(
      (lock) => {
        if (this.watching) this.lock = lock;
        else void lock.release().catch(() => undefined);
      },
      () => undefined, // refused on low battery: the transfer goes on without
    );
  };
}
