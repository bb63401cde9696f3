/**
 * What every floor shares: {@link lyceum.DType}, the element types of a tensor, and the exceptions.
 *
 * <p>Start at {@link lyceum.tensor.Tensor}.
 *
 * <h2>The way of one product, from {@code a.matmul(b)} to the instruction</h2>
 * <ol>
 * <li>{@link lyceum.tensor.Tensor#matmul Tensor.matmul} checks rank and inner sizes, so that an error stands at the call, and promotes the types.
 * <li>{@code lyceum.tensor.MatmulOp} broadcasts the leading axes by zero strides and folds a batch of left matrices with one right one into a
 *     single product.
 * <li>Reading {@code a} and {@code b} as {@link lyceum.backend.View}s computes what is still pending of them: one program a chain. The product waits
 *     until it is read; element-wise work that has been asked for by then ({@code add(bias).relu()}) becomes a program on its sums.
 * <li>{@link lyceum.memory.Allocator} gives memory for the result, from a slab or a block that an earlier tensor left.
 * <li>{@link lyceum.backend.Backend#current()} is what computes; on Linux and x86-64 {@code lyceum.backend.x86.X86Backend}.
 * <li>{@code gemm.Product} makes three operands of the views: an address and two strides in bytes each. Nothing is copied, nothing transposed.
 * <li>{@code gemm.Blocking}, the cost model with its table {@code Costs}, reads shape, type, {@code machine.Cpu} and the number of threads: how large pieces are, which operand is packed.
 * <li>{@link lyceum.backend.Parallel} deals the pieces of the result out; wherever they end, an element is summed in the same order, so its bits are the same.
 * <li>A piece packs its rows of A by eight ({@code gemm.TransposeKernel}; a first-level cache of 48 KB has them as they lie) and takes one panel of B of three
 *     vectors after the other: its first tile copies the panel to where it stays in the second-level cache for the tiles that follow.
 * <li>{@code gemm.Kernels} has the micro-kernel for the type and the panel's width, or makes it now:
 * <li>{@code gemm.MicroKernel} writes, for every number of rows, the loop over the inner dimension and the store;
 * <li>{@code asm.Assembler} turns each line of it into bytes by its row in {@code asm.Instruction}, and refuses what the CPU lacks;
 * <li>{@code machine.CodeMemory} writes them into a page and makes the page executable, and no longer writable.
 * <li>For each panel the piece calls it through {@code machine.Kernel}: six longs in registers, 2.5 ns.
 * <li>24 vector registers hold 8 x 48 sums. A step loads three vectors of B, {@code vmovups zmm30, [r9]}, and for each row
 * <li>{@code vbroadcastss zmm31, [r15]} takes one element of A and {@code vfmadd231ps zmm0, zmm31, zmm30} multiplies it in: sixteen
 *     products and sums, one instruction a cycle.
 * <li>After 512 steps the sums go to the result, where later blocks of the inner dimension add theirs. The program that follows takes them, some rows
 *     at a time, while they are in the cache.
 * <li>A fence keeps the views, the scratch memory and the code reachable until the call has returned.
 * <li>If a gradient is wanted, {@code GradNode} notes the operation, whose pull-backs are {@code g.matmul(b.transpose())} and {@code a.transpose().matmul(g)}, which come the same way.
 * <li>{@code LYCEUM_DUMP_CODE=dir} writes what step 11 wrote, to be read beside {@code gemm.MicroKernel}.
 * </ol>
 */
package lyceum;
