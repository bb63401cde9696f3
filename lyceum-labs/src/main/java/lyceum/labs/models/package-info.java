/** Labs on architectures: vision, sequences, graphs, generation, self-supervision, audio. */
package lyceum.labs.models;
