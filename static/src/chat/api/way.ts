/** How an answer comes about: without `knowledge` nothing is looked up, without `verified` a model speaks always. */
export interface Way {
  knowledge?: boolean;
  verified?: boolean;
  length?: "shorter" | "longer";
  /** Rules that asked first and that the person says yes to. */
  confirm_rules?: string[];
}
