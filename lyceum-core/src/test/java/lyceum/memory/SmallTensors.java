package lyceum.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Makes a million small tensors for each second that is asked for, at most a million a second; the resident size must not grow after the first third. */
public final class SmallTensors {
    private SmallTensors() {}

    public static void main(String[] args) throws IOException {
        long count = Long.parseLong(args[0]) * 1_000_000, first = 0, rest = 0;
        var x = Tensor.randn(Rng.of(1), 4, 4).compute();
        var y = x.mul(0.5).compute();
        long start = System.nanoTime();
        for (long i = 1; i <= count; i++) {
            y = y.add(x).compute();
            if (i % 10_000 != 0) continue;
            while (System.nanoTime() - start < i * 1000) Thread.onSpinWait();
            if (i % 100_000 != 0) continue;
            long resident = residentBytes();
            if (i <= count / 3) first = Math.max(first, resident);
            else rest = Math.max(rest, resident);
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        boolean flat = rest <= first + (32L << 20);
        System.out.println((flat ? "flat" : "grows") + ": " + (first >> 20) + " MiB, then " + (rest >> 20) + " MiB; " + count
                + " tensors in " + seconds + " s; " + Memory.stats());
        System.exit(flat && Double.isFinite(y.item(0, 0)) ? 0 : 1);
    }

    private static long residentBytes() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
        return 0;
    }
}
