package lyceum.backend.simt;

/** What runs kernels: {@code new Simt()::launch}, or a graphics card. */
@FunctionalInterface
public interface Launcher {
    /** Runs a kernel; its buffers hold what it wrote when this returns. @see Simt#launch */
    void launch(Kernel kernel, Dim grid, Dim block, Object... arguments);
}
