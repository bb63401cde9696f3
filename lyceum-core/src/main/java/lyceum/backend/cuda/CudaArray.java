package lyceum.backend.cuda;

/** Memory of a card, until it is closed. */
public final class CudaArray implements AutoCloseable {
    private final CudaDevice device;
    private final long bytes;
    private long address;

    CudaArray(CudaDevice device, long address, long bytes) {
        this.device = device;
        this.address = address;
        this.bytes = bytes;
    }

    public long bytes() { return bytes; }

    /** On the card. @throws IllegalStateException if it is closed */
    long address() {
        if (address == 0) throw new IllegalStateException("the CudaArray of " + bytes + " bytes is closed");
        return address;
    }

    /** Gives it back, once what uses it is done. */
    @Override public void close() {
        if (address == 0) return;
        long freed = address;
        address = 0;
        device.free(freed);
    }
}
