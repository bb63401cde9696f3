package lyceum.backend.device;

/** Where an operator runs, asked at each call. */
@FunctionalInterface
public interface Placement {
    /**
     * What both places would take, in picoseconds, from where the operands lie now.
     *
     * @param operator as {@code matmul}, {@code run}, {@code sort}: the backend's method
     * @param cpu      its roofline on the CPU, and copies back of operands that only the device has
     * @param device   a launch, its roofline on the device, and copies there of operands that it does not have
     */
    record Offer(String operator, long cpu, long device) {}

    boolean onDevice(Offer offer);

    /** All that the device can do, runs there. */
    static Placement device() { return offer -> true; }

    /** Whatever is faster for this call alone; what later calls gain by operands that are there already, it does not foresee. */
    static Placement faster() { return offer -> offer.device < offer.cpu; }
}
