/** Counter-based random numbers: same seed, same bits, whatever the thread count. Start at {@link lyceum.random.Rng}. */
package lyceum.random;
