/**
 * The backend that writes its own machine code.
 *
 * <p>{@link lyceum.backend.x86.X86Backend} is where a call arrives. {@link lyceum.backend.x86.machine.Cpu} says what may be used,
 * {@link lyceum.backend.x86.asm.Assembler} writes instructions, {@link lyceum.backend.x86.machine.CodeMemory} makes them executable, and a
 * {@link lyceum.backend.x86.machine.Kernel} calls them. The generators have packages of their own: {@code gemm}, {@code fuse}, {@code attention},
 * {@code conv}, {@code quant}, {@code index}.
 *
 * <h2>Why this is safe in a JVM</h2>
 * <ul>
 * <li><b>Signals.</b> HotSpot stops threads in native code by polling when they return, not by a signal that would have to find a frame. The
 * profiler's and debugger's signals run on the thread's own stack below rsp; kernels keep the ABI's red zone rule and push what they save, so a
 * handler finds a sound stack. A fault inside a kernel is a defect here: the crash log's address is found in the map that
 * {@code LYCEUM_DUMP_CODE} writes.
 * <li><b>The collector.</b> Operands are off-heap and do not move. A critical call keeps the thread in its Java state, so a collection waits for
 * it: it is for work of up to about 50 microseconds; longer work is called plainly and a collection goes on meanwhile. No heap array is pinned.
 * Operands, scratch memory and the code itself are kept reachable by fences until the call has returned.
 * <li><b>State of the CPU.</b> Kernels keep rbx, rbp, r12 to r15 and MXCSR, and end wide code with {@code vzeroupper}. Tile state is
 * configured and released ({@code tilerelease}) inside one kernel: it never outlives the call, so that no context switch saves it for others.
 * <li><b>Memory.</b> Pages are never writable and executable at once, and code that needs an instruction the CPU lacks cannot be assembled:
 * the {@code Assembler} refuses it.
 * </ul>
 */
package lyceum.backend.x86;
