/**
 * What every backend that writes machine code needs, whatever the instruction set. {@link lyceum.backend.code.KernelCache} keeps what was generated.
 */
package lyceum.backend.code;
