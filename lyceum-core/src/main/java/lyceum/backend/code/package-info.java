/**
 * What every backend that writes machine code needs, whatever the instruction set: {@link lyceum.backend.code.KernelCache} keeps what was generated,
 * {@link lyceum.backend.code.ArgumentLayout} names what a kernel is told through memory, {@link lyceum.backend.code.Geometry} says how the operands of a
 * program lie, {@link lyceum.backend.code.RowGroups} works on short rows two or three at a time. Registers, encodings and kernels are
 * {@code lyceum.backend.x86}'s; an assembler for another CPU would stand beside that, on the same ground. Nothing here knows a CPU.
 */
package lyceum.backend.code;
