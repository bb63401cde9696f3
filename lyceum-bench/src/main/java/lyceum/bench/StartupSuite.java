package lyceum.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import lyceum.DType;

/** From the start of a fresh JVM to the first value, and what of it is the making of machine code. The peer is a fresh Python that imports PyTorch for the same. */
final class StartupSuite implements Suite {
    private static final double LIMIT = 300, CODE_LIMIT = 100;

    /** What became of a process. @param seconds from its start to its first line */
    private record Started(double seconds, String line) {}

    @Override public void measure(SideBySide bench) {
        first(bench, "matmul", "1024x1024", LIMIT, "a = torch.rand(1024, 1024); (a @ a)[0, 0].item()");
        first(bench, "chain", "1M", LIMIT, "a = torch.rand(1 << 20); torch.nn.functional.gelu(a * 1.5 + 0.5)[0].item()");
        bench.compare(row("JVM start to the end of the first GPT step", ""), calls -> calls * ours(bench, "step", Started::seconds));
        bench.compare(row("making the machine code of a GPT step", "").atMost(CODE_LIMIT),
                calls -> calls * ours(bench, "step", started -> Double.parseDouble(started.line.substring("done ".length()))));
    }

    private static Case row(String name, String shape) { return new Case(name, shape, DType.F32, Unit.MILLISECONDS); }

    private static void first(SideBySide bench, String what, String shape, double limit, String python) {
        int threads = bench.threads();
        var program = "import torch; torch.set_num_threads(" + threads + "); " + python + "; print('done')";
        var c = row("JVM start to the first " + what, shape).atMost(limit).besideCalls("PyTorch from Python's start", Double.NaN,
                calls -> calls * start(threads, List.of(System.getProperty("lyceum.python", "/usr/bin/python3"), "-c", program),
                        Started::seconds));
        bench.compare(c, calls -> calls * ours(bench, what, Started::seconds));
    }

    private static double ours(SideBySide bench, String what, ToDoubleFunction<Started> measured) {
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--add-modules",
                "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"));
        for (var setting : new String[] {"lyceum.backend", "lyceum.cpu"})
            if (System.getProperty(setting) != null) command.add("-D" + setting + "=" + System.getProperty(setting));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), FirstValue.class.getName(), what));
        return start(bench.threads(), command, measured);
    }

    /** NaN unless the program's first line says "done". */
    private static double start(int threads, List<String> command, ToDoubleFunction<Started> measured) {
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("LYCEUM_THREADS", Integer.toString(threads));
        PeerProcess.makeFair(builder.environment(), threads);
        long start = System.nanoTime();
        try {
            var process = builder.start();
            var line = process.inputReader().readLine();
            double seconds = (System.nanoTime() - start) * 1e-9;
            process.waitFor();
            return line != null && line.startsWith("done") ? measured.applyAsDouble(new Started(seconds, line)) : Double.NaN;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Double.NaN;
        }
    }
}
