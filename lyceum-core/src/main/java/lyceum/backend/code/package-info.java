/**
 * What every backend that writes machine code needs, whatever the instruction set. {@link lyceum.backend.code.KernelCache} keeps what was generated,
 * {@link lyceum.backend.code.ArgumentLayout} names what a kernel is told through memory.
 */
package lyceum.backend.code;
