/**
 * The backend over {@code jdk.incubator.vector}. Nothing outside this package links to the incubator module: the class
 * {@link lyceum.backend.vector.VectorBackend} is loaded by name when the module is there.
 */
package lyceum.backend.vector;
