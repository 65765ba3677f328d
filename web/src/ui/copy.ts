/** Copies text; on insecure pages, where the clipboard is withheld, selects it for the person to copy. */

export type Copied = "copied" | "selected";

/** `shown` is the element that shows the text. */
export async function copy(text: string, shown: HTMLElement): Promise<Copied> {
  const clipboard = (navigator as { readonly clipboard?: Clipboard }).clipboard;
  try {
    if (clipboard !== undefined) {
      await clipboard.writeText(text);
      return "copied";
    }
  } catch {
    // Refused by the browser: selecting still works.
  }
  getSelection()?.selectAllChildren(shown);
  return "selected";
}
