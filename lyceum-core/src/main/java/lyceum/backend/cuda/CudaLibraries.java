package lyceum.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/**
 * Where the functions are found: the driver's, which comes with the card, and NVRTC's and cuBLAS's, which come with the CUDA toolkit. Each may be null;
 * what needs it then says so.
 */
public record CudaLibraries(SymbolLookup driver, SymbolLookup nvrtc, SymbolLookup cublas) {
    private static final boolean WINDOWS = System.getProperty("os.name").startsWith("Windows");

    /** Those on this machine's library path, of CUDA 11 to 13. */
    public static CudaLibraries installed() {
        return new CudaLibraries(first(WINDOWS ? "nvcuda.dll" : "libcuda.so.1"),
                WINDOWS ? first("nvrtc64_130_0.dll", "nvrtc64_120_0.dll", "nvrtc64_112_0.dll")
                        : first("libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"),
                WINDOWS ? first("cublas64_13.dll", "cublas64_12.dll", "cublas64_11.dll")
                        : first("libcublas.so.13", "libcublas.so.12", "libcublas.so.11", "libcublas.so"));
    }

    @SuppressWarnings("restricted") private static SymbolLookup first(String... names) {
        for (var name : names) {
            try {
                return SymbolLookup.libraryLookup(name, Arena.global());
            } catch (IllegalArgumentException notThere) {
                continue;
            }
        }
        return null;
    }
}
