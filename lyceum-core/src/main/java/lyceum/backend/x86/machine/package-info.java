/**
 * The machine under the code: what the CPU can execute ({@link lyceum.backend.x86.machine.Cpu}), memory that holds code
 * ({@link lyceum.backend.x86.machine.CodeMemory}), and calls of it ({@link lyceum.backend.x86.machine.Kernel}). A record that describes a kernel and writes it is a
 * {@link lyceum.backend.x86.machine.KernelForm}.
 */
package lyceum.backend.x86.machine;
