/** Who this person is to the others: the name they go by and what they came for, typed now or remembered. */
import type { EngineState, Role } from "../transfer/state.ts";
import { friendlyName, remember, rememberedName } from "./remembered.ts";

export class Oneself {
  /** What they came for, while they choose. */
  role = $state<Role>("sender");
  private typed = $state(rememberedName());
  private readonly friendly = friendlyName();
  private readonly page: () => EngineState;

  constructor(page: () => EngineState, role: Role) {
    this.page = page;
    this.role = role;
  }

  get name(): string {
    return this.typed ?? this.page().account?.name ?? this.friendly;
  }

  set name(next: string) {
    this.typed = next;
  }

  /** What they are here for, or would be. */
  get mine(): Role {
    return this.page().me?.role ?? this.role;
  }

  /** The name to be told to others, remembered from now on if it was typed; null without one. */
  given(): string | null {
    const chosen = this.name.trim();
    if (chosen === "") return null;
    remember(this.typed === null ? null : chosen, this.mine);
    return chosen;
  }
}
