/** Parts of the page that can be gone to, by the name in their `data-place`. */

export type Place = "files" | "people" | "keys";

export function goTo(place: Place): void {
  const section = document.querySelector<HTMLElement>(`[data-place="${place}"]`);
  section?.scrollIntoView({ block: "start" });
  section?.focus({ preventScroll: true });
}
