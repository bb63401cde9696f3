/**
 * Every model of the packages below by name, and models in folders.
 *
 * {@link lyceum.models.Architectures} lists them, {@link lyceum.models.SavedModel} writes and reads one.
 */
package lyceum.models;
