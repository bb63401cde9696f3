/**
 * Serving without a model and faster than time: the real scheduler and block pool under a clock that a {@link lyceum.serve.simulate.CostModel} moves. Start from
 * {@link lyceum.serve.simulate.ServingSimulation}.
 */
package lyceum.serve.simulate;
