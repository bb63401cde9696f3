/**
 * The backend that writes its own machine code.
 *
 * <p>{@link lyceum.backend.x86.X86Backend} is where a call arrives. {@link lyceum.backend.x86.machine.Cpu} says what may be used,
 * {@link lyceum.backend.x86.asm.Assembler} writes instructions, {@link lyceum.backend.x86.machine.CodeMemory} makes them executable, and a
 * {@link lyceum.backend.x86.machine.Kernel} calls them. Each kernel has a record that describes it and generates it, a
 * {@link lyceum.backend.x86.machine.KernelForm}, by which a {@link lyceum.backend.code.KernelCache} keeps it. The generators have packages of their own: {@code gemm}, {@code fuse}, {@code attention},
 * {@code conv}, {@code quant}, {@code index}, {@code fourier}, {@code sparse}, {@code recurrence}.
 *
 * <h2>Why this is safe in a JVM</h2>
 * <ul>
 * <li><b>Signals.</b> HotSpot stops threads in native code by polling when they return, not by a signal that would have to find a frame. The
 * profiler's and debugger's signals run on the thread's own stack below rsp; kernels keep the ABI's red zone rule and push what they save, so a
 * handler finds a sound stack. A fault inside a kernel is a defect here: the crash log's address is found in the map that
 * {@code LYCEUM_DUMP_CODE} writes.
 * <li><b>The collector.</b> Operands are off-heap and do not move. A critical call keeps the thread in its Java state, so a collection waits for
 * it: it is for work of up to about 50 microseconds; longer work is called plainly and a collection goes on meanwhile. No heap array is pinned.
 * Operands are held by the backend until the call has returned, scratch memory by the scope of the operation, the code by its kernel.
 * <li><b>State of the CPU.</b> Kernels keep rbx, rbp, r12 to r15 and MXCSR, and end wide code with {@code vzeroupper}. Tile state is
 * configured and released ({@code tilerelease}) inside one kernel: it never outlives the call, so that no context switch saves it for others.
 * <li><b>Memory.</b> Pages are never writable and executable at once, and code that needs an instruction the CPU lacks cannot be assembled:
 * the {@code Assembler} refuses it.
 * </ul>
 *
 * <h2>What a start costs</h2>
 * Until the first product of 1024 x 1024 is there, 235 to 250 ms on two Zen 4 cores (fused chain of a million elements: 200 to 230): the JVM with its vector
 * module 60, linking the first native call 58 ({@link lyceum.memory.NativeCall}), 150 classes of ours 45, machine code 10, the product itself 29.
 * A lambda, a switch over types, a record as a key and a text made by {@code +} cost 1 ms or more each where they run first, which the way to the
 * first kernel therefore avoids; what many programs never ask for is loaded when it is. Linking on a second thread meanwhile brought 10 ms at most,
 * since the JIT has that core. A JVM with a cache of its own ({@code -XX:AOTCacheOutput=app.aot} once, then {@code -XX:AOTCache=app.aot}) needs 175
 * and 150 ms.
 */
package lyceum.backend.x86;
