package lyceum.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.simt.Dim;
import lyceum.backend.simt.Kernel;

/**
 * Work that a card does in its order, beside other streams'; calls return at once. An error of the work itself is thrown by a later call, at the latest by
 * {@link #synchronize}.
 */
public final class CudaStream implements AutoCloseable {
    private final CudaDevice device;
    private final long handle;
    private boolean closed;

    CudaStream(CudaDevice device, long handle) {
        this.device = device;
        this.handle = handle;
    }

    /** Copies off-heap memory to the card; it must stay as it is until the work is done. */
    public void copyIn(MemorySegment from, CudaArray to) {
        check("copyIn", from, to);
        device.driver("cuMemcpyHtoDAsync_v2", "of " + from.byteSize() + " bytes", to.address(), from.address(), from.byteSize(), handle);
    }

    /** Copies from the card to off-heap memory, which holds it once the work is done. */
    public void copyOut(CudaArray from, MemorySegment to) {
        check("copyOut", to, from);
        device.driver("cuMemcpyDtoHAsync_v2", "of " + to.byteSize() + " bytes", to.address(), from.address(), to.byteSize(), handle);
    }

    private static void check(String call, MemorySegment host, CudaArray array) {
        if (!host.isNative()) throw new IllegalArgumentException(call + ": the card copies off-heap memory; this segment is on the heap");
        if (host.byteSize() > array.bytes())
            throw new IllegalArgumentException(call + ": " + host.byteSize() + " bytes and an array of " + array.bytes());
    }

    /** Runs a kernel. @param arguments a {@link CudaArray}, an Integer or a Float each */
    public void launch(Kernel kernel, Dim grid, Dim block, Object... arguments) { device.launch(handle, kernel, grid, block, arguments); }

    /** {@code c = a b} of row-major F32 matrices (m, k) and (k, n), by cuBLAS. */
    public void matmul(CudaArray a, CudaArray b, CudaArray c, int m, int n, int k) { device.matmul(handle, a, b, c, m, n, k); }

    /** What is given to this stream from now on waits for what {@code other} was given so far; the caller does not wait. */
    public void after(CudaStream other) {
        try (var arena = Arena.ofConfined()) {
            var place = arena.allocate(ValueLayout.JAVA_LONG);
            int disableTiming = 2, flags = 0;
            device.driver("cuEventCreate", "", place.address(), disableTiming);
            long event = place.get(ValueLayout.JAVA_LONG, 0);
            try {
                device.driver("cuEventRecord", "", event, other.handle);
                device.driver("cuStreamWaitEvent", "", handle, event, flags);
            } finally {
                device.driver("cuEventDestroy_v2", "", event); // the driver keeps it while somebody waits
            }
        }
    }

    /** Waits until all is done. @throws CudaException if something of it failed */
    public void synchronize() { device.driver("cuStreamSynchronize", "", handle); }

    /** Ends it; what it was given to do is still done. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        device.driver("cuStreamDestroy_v2", "", handle);
    }
}
