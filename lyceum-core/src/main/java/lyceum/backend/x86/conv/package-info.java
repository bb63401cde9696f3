/**
 * Convolution in machine code. Start at {@link lyceum.backend.x86.conv.MachineConvolution}, which plans; {@code OffsetProduct} is the kernel.
 */
package lyceum.backend.x86.conv;
