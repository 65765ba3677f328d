/** The link whose page this is: its key is taken out of the address bar at once and kept for this tab, for a reload. */
import type { LinkAddress } from "./fragment.ts";

const KEY = "peerseal.link ";
const PAGE = /\/s\/([0-9a-f]{32})$/;

/** Whether this is the page of a link. */
export function isLinkPage(): boolean {
  return PAGE.test(location.pathname);
}

/** The link of this page, null if it is another page. Neither the address bar nor the history shows its key after this. */
export function takeLink(): LinkAddress | null {
  const link = PAGE.exec(location.pathname)?.[1];
  if (link === undefined) return null;
  const fragment = location.hash.slice(1);
  if (fragment === "") return { link, fragment: kept(link) };
  history.replaceState(history.state, "", location.pathname + location.search);
  keep(link, fragment);
  return { link, fragment };
}

function keep(link: string, fragment: string): void {
  try {
    sessionStorage.setItem(KEY + link, fragment);
  } catch {
    // Without storage a reload needs the whole link again.
  }
}

function kept(link: string): string {
  try {
    return sessionStorage.getItem(KEY + link) ?? "";
  } catch {
    return "";
  }
}
