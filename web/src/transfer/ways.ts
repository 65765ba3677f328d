/** The ways one transfer's records may take between these two: roads for what goes, a reach for what comes. */
import type { Source } from "../files/source.ts";
import type { DescriptionFields, IceCandidate, Offer } from "../protocol/control.ts";
import type { Session } from "../protocol/session.ts";
import type { Bytes } from "../wire/encoding.ts";
import { DirectReach } from "./direct_reach.ts";
import { DirectRoads, type Direct } from "./direct_road.ts";
import type { LinkPassage, Paths } from "./link_passage.ts";
import type { Roads } from "./passage.ts";
import type { Reach } from "./receive.ts";

export class Ways {
  private readonly passage: LinkPassage;
  private readonly paths: Pick<Paths, "route" | "base">;

  constructor(passage: LinkPassage, paths: Pick<Paths, "route" | "base">) {
    this.passage = passage;
    this.paths = paths;
  }

  /** The page's address, for what the server parks; null where it does not. */
  get base(): string | null {
    return this.paths.base;
  }

  /** Of a transfer of ours. */
  roads(id: Bytes, source: Source): Roads {
    return new DirectRoads(this.passage, id, source.bytes, () => this.paths.route, this.direct);
  }

  /** Of a transfer of theirs. */
  reach(offer: Offer): Reach {
    const direct = new DirectReach(offer.id, offer.bytes, () => this.paths.route, this.direct);
    return {
      direct,
      base: this.base,
      open: (path, signal) => (path.kind === "direct" ? direct.open(path.stream, signal) : this.passage.openReceive(path.stream, signal)),
    };
  }

  private readonly direct: Direct = (id, role) => {
    const say = (step: (session: Session) => Promise<void>): void => void this.passage.step(step).catch(() => undefined);
    return this.passage.openDirect(role, {
      description: (description: DescriptionFields): void => { say((session) => session.description(id, description)); },
      ice: (candidates: readonly IceCandidate[]): void => { say((session) => session.ice(id, candidates)); },
    });
  };
}
