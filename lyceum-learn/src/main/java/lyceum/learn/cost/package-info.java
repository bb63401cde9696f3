/**
 * Mistakes of different prices. {@link lyceum.learn.cost.CostMatrix} holds the prices and decides by probabilities, {@link lyceum.learn.cost.CostSensitive} makes any
 * classifier mind them, {@link lyceum.learn.cost.CostReport} and {@link lyceum.learn.cost.CostCurve} tell what decisions cost. Start at {@code CostMatrix}.
 */
package lyceum.learn.cost;
