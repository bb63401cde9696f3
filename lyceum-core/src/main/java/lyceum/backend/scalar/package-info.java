/**
 * The reference backend: plain Java loops over blocks that stay in the first-level cache, after which every other backend is tested.
 * Start at {@link lyceum.backend.scalar.ScalarBackend}.
 */
package lyceum.backend.scalar;
