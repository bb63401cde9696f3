/**
 * A small assembler for x86-64, as much of it as the kernels use.
 *
 * <p>{@link lyceum.backend.x86.asm.Assembler} is where to start; {@link lyceum.backend.x86.asm.Instruction} has one row for every vector
 * instruction, from which both the bytes and the listing come. Operands are types: {@link lyceum.backend.x86.asm.Gp},
 * {@link lyceum.backend.x86.asm.Vec}, {@link lyceum.backend.x86.asm.Mask}, {@link lyceum.backend.x86.asm.Tile},
 * {@link lyceum.backend.x86.asm.Mem}. The encoding is that of the Intel 64 manual, volume 2, chapter 2. The package knows nothing of
 * tensors or of memory that can be executed.
 */
package lyceum.backend.x86.asm;
