/**
 * What a serving engine decides, without a model and without a clock: which requests a step computes ({@link lyceum.serve.schedule.Scheduler}), which blocks of memory
 * their keys and values lie in ({@link lyceum.serve.schedule.BlockPool}), what of them is kept for the next request ({@link lyceum.serve.schedule.PrefixTree}). The engine
 * and the simulator run the same code. Classes here are for one thread, the engine's.
 */
package lyceum.serve.schedule;
