// Limits on requests and cost. The cost of a request comes from the endpoint or the price table.

export interface BudgetLimits {
  readonly maxRequests?: number
  readonly maxCostUsd?: number
}

/** One budget may be shared by all sessions of a run, so models and judge together stay within it. */
export class Budget {
  readonly #limits: BudgetLimits
  #requests = 0
  #open = 0
  #paid = 0
  #spentUsd = 0

  constructor(limits: BudgetLimits) {
    this.#limits = limits
  }

  get requests(): number {
    return this.#requests
  }

  get spentUsd(): number {
    return this.#spentUsd
  }

  /** Whether costs must be known. */
  get limitsCost(): boolean {
    return this.#limits.maxCostUsd !== undefined
  }

  /**
   * Takes one request from the budget, or returns the reason why none is left. Requests in flight count at the mean
   * cost so far.
   */
  admit(): string | undefined {
    const {maxRequests = Infinity, maxCostUsd = Infinity} = this.#limits
    if (this.#requests >= maxRequests) return `the budget of ${maxRequests} requests is used up`
    const mean = this.#paid === 0 ? 0 : this.#spentUsd / this.#paid
    if (this.#spentUsd + mean * this.#open >= maxCostUsd) return `the budget of ${maxCostUsd} USD is used up`
    this.#requests++
    this.#open++
    return undefined
  }

  /** Ends an admitted request; `costUsd` is null for one that failed. */
  settle(costUsd: number | null): void {
    this.#open--
    if (costUsd === null) return
    this.#paid++
    this.#spentUsd += costUsd
  }

  /** Returns a settled request to the budget because the endpoint was not ready for it. */
  giveBack(): void {
    this.#requests--
  }
}
