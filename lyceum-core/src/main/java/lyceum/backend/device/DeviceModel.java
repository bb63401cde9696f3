package lyceum.backend.device;

/**
 * What a card can do at most, and the bus to it. Times are whole picoseconds, rounded up, so that sums of them are exact.
 *
 * @param operations  F32 operations a second
 * @param memoryBytes a second between its memory and its cores
 * @param busBytes    a second over the bus, each way
 * @param launch      picoseconds that the CPU takes to give it a piece of work
 * @param capacity    bytes of memory
 * @param copyEngines 1 if both ways share one, 2 if each has its own
 */
public record DeviceModel(String name, double operations, double memoryBytes, double busBytes, long launch, long capacity,
        int copyEngines) {
    /** NVIDIA's H100 SXM with F32 outside of tensor cores and PCIe 5.0 x16, by the data sheet; 3 microseconds a launch. */
    public static final DeviceModel H100 = new DeviceModel("H100", 67e12, 3.35e12, 64e9, 3_000_000, 80L << 30, 2);

    private static final double PICO = 1e12;

    /** @throws IllegalArgumentException if a rate is not positive, or there are other than one or two copy engines */
    public DeviceModel {
        if (!(operations > 0 && memoryBytes > 0 && busBytes > 0) || launch < 0 || capacity < 1 || copyEngines < 1 || copyEngines > 2)
            throw new IllegalArgumentException("DeviceModel " + name
                    + ": rates are above 0, launch at least 0, capacity at least 1, and copy engines" + " 1 or 2; they are " + operations
                    + ", " + memoryBytes + ", " + busBytes + ", " + launch + ", " + capacity + ", " + copyEngines);
    }

    public DeviceModel withLaunch(long launch) {
        return new DeviceModel(name, operations, memoryBytes, busBytes, launch, capacity, copyEngines);
    }

    public DeviceModel withCapacity(long capacity) {
        return new DeviceModel(name, operations, memoryBytes, busBytes, launch, capacity, copyEngines);
    }

    public DeviceModel withCopyEngines(int copyEngines) {
        return new DeviceModel(name, operations, memoryBytes, busBytes, launch, capacity, copyEngines);
    }

    public DeviceModel withBusBytes(double busBytes) {
        return new DeviceModel(name, operations, memoryBytes, busBytes, launch, capacity, copyEngines);
    }

    /** Of a kernel, by the roofline (Williams, Waterman and Patterson 2009): the longer of its arithmetic and its traffic. */
    public long kernelTime(double done, double bytesMoved) { return picoseconds(Math.max(done / operations, bytesMoved / memoryBytes)); }

    /** Of bytes over the bus, one way. */
    public long busTime(double bytes) { return picoseconds(bytes / busBytes); }

    static long picoseconds(double seconds) { return (long) Math.ceil(seconds * PICO); }

    /**
     * The batch from which a layer (inputs, outputs) of F32 that lies in the device's memory is limited by arithmetic: where {@code 2 B i o / operations} exceeds both
     * {@code 4 (B i + i o + B o) / memoryBytes} and a launch. Below it each more of a batch costs less than its share.
     *
     * @return infinite if traffic always takes longer
     */
    public double kneeBatch(long inputs, long outputs) {
        double arithmetic = 2.0 * inputs * outputs / operations, traffic = 4.0 * (inputs + outputs) / memoryBytes,
                weights = 4.0 * inputs * outputs / memoryBytes;
        if (arithmetic <= traffic) return Double.POSITIVE_INFINITY;
        return Math.max(weights / (arithmetic - traffic), launch / PICO / arithmetic);
    }
}
