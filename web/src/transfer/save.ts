/** Hands a complete file to the browser's own download. */

/** A blob address must outlive the start of the download, which a person's "where to?" prompt may delay. */
const KEEP_MILLISECONDS = 10 * 60_000;

/** Starts a download of `blob` under `name`. The browser reads the blob from where it lies: disk or memory. */
export function startDownload(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.rel = "noopener";
  anchor.hidden = true;
  document.body.append(anchor);
  anchor.click();
  anchor.remove();
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, KEEP_MILLISECONDS);
}
