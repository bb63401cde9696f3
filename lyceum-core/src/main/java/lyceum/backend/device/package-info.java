/**
 * Devices apart from the CPU: what they cost, and operators on them.
 *
 * <p>{@link lyceum.backend.device.KernelBackend} computes by kernels of {@link lyceum.backend.simt}, under the interpreter or on a card, and leaves
 * to the CPU what it has no kernel for. {@link lyceum.backend.device.SimulatedDevice} puts any backend behind a bus: it places each operator, moves
 * operands and counts memory, transfers and time by a {@link lyceum.backend.device.DeviceModel}, on streams that
 * {@link lyceum.backend.device.DeviceSimulation} runs event by event. Start at {@code SimulatedDevice}.
 */
package lyceum.backend.device;
