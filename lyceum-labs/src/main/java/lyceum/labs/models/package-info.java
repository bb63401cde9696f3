/** Labs of architectures: pictures, sound, sequences, graphs, what generates and what represents. */
package lyceum.labs.models;
