/**
 * Element-wise and row programs as machine code.
 *
 * <p>{@link lyceum.backend.x86.fuse.FusedPrograms} is where a call arrives: it describes the operands ({@link lyceum.backend.code.Geometry}), finds or makes the code for
 * that structure, and hands the pieces of the work to it. A structure is opcodes, types and the way operands lie in memory; constants, random
 * keys, sizes and addresses are data of a call and stand in an argument block, so that the cache does not grow with them. Short rows are worked on two or three at a time
 * ({@link lyceum.backend.code.RowGroups}), functions of what a row sums to, for many rows at once ({@code RowTail}), and wide rows with a weight and a bias in two passes ({@code WideRows}).
 *
 * <p>Making code: {@code ProgramCode} turns the instructions of a {@link lyceum.backend.Program} into {@code Step}s on virtual registers, one list
 * for each loop, transcendentals by the recipes of {@link lyceum.backend.math} through {@code MachineArithmetic}; {@code Allocation} gives the
 * virtual registers places by linear scan; {@code StepWriter} writes the steps down ({@code Places} and
 * {@code MemoryWriter} beneath it), and {@code KernelWriter} the loops around them. Only vector
 * widths and the choice of instructions differ between AVX-512 and AVX2; the loops and the bits are the same.
 */
package lyceum.backend.x86.fuse;
