/** Signals as functions that a network holds: pictures, sounds, distances to a surface. Begin with {@link lyceum.models.fields.NeuralField}. */
package lyceum.models.fields;
