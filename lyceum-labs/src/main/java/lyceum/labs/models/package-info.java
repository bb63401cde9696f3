/** Labs about architectures: networks that see, read sequences and graphs, and make things. */
package lyceum.labs.models;
