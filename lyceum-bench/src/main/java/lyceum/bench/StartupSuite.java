package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import lyceum.DType;

/** From the start of a fresh JVM to the first value. The peer is a fresh Python that imports PyTorch for the same. */
final class StartupSuite implements Suite {
    private static final double LIMIT = 300;

    @Override public void measure(SideBySide bench) {
        first(bench, "matmul", "1024x1024", "a = torch.rand(1024, 1024); (a @ a)[0, 0].item()");
        first(bench, "chain", "1M", "a = torch.rand(1 << 20); torch.nn.functional.gelu(a * 1.5 + 0.5)[0].item()");
    }

    private static void first(SideBySide bench, String what, String shape, String python) {
        var c = new Case("JVM start to the first " + what, shape, DType.F32, Unit.MILLISECONDS).atMost(LIMIT)
                .besideCalls("PyTorch from Python's start", Double.NaN, calls -> calls * starts(bench.threads(), System.getProperty("lyceum.python", "/usr/bin/python3"), "-c", "import torch; torch.set_num_threads(" + bench.threads() + "); " + python + "; print('done')"));
        bench.compare(c, calls -> calls * starts(bench.threads(), Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
                "-cp", System.getProperty("java.class.path"), FirstValue.class.getName(), what));
    }

    /** Seconds until the program says "done"; NaN if it never does. */
    private static double starts(int threads, String... command) {
        var builder = new ProcessBuilder(List.of(command)).redirectError(ProcessBuilder.Redirect.DISCARD);
        var n = Integer.toString(threads);
        builder.environment().putAll(Map.of("LYCEUM_THREADS", n, "OMP_NUM_THREADS", n, "OPENBLAS_NUM_THREADS", n, "MKL_NUM_THREADS", n));
        long start = System.nanoTime();
        try {
            var process = builder.start();
            var line = process.inputReader().readLine();
            double seconds = (System.nanoTime() - start) * 1e-9;
            process.waitFor();
            return "done".equals(line) ? seconds : Double.NaN;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Double.NaN;
        }
    }
}
