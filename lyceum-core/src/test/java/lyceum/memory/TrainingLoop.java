package lyceum.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lyceum.autograd.Autograd;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** 10,000 steps of a small network, written as a user would, without a thought for memory; its resident size must not grow after 500. */
public final class TrainingLoop {
    private TrainingLoop() {}

    public static void main(String[] args) throws IOException {
        var rng = Rng.of(1);
        var x = Tensor.randn(rng, 8192, 16); // six megabytes a step: tensors, not Java objects, make the collections, of which the first 500 steps see several
        var y = x.matmul(Tensor.randn(rng, 16, 4)).tanh();
        var w1 = Tensor.randn(rng, 16, 96).mul(0.1).requiresGrad();
        var w2 = Tensor.randn(rng, 96, 4).mul(0.1).requiresGrad();
        long ceiling = 0, most = 0;
        double first = 0, last = 0;
        for (int step = 1; step <= 10_000; step++) {
            var loss = x.matmul(w1).relu().matmul(w2).sub(y).square().mean();
            loss.backward();
            Autograd.noGrad(() -> {
                for (var w : new Tensor[] {w1, w2}) {
                    w.sub_(w.grad().mul(0.01));
                    w.zeroGrad();
                }
            });
            if (step == 1) first = loss.item();
            last = loss.item();
            if (step % 50 != 0) continue;
            long resident = residentBytes();
            if (step <= 500) ceiling = Math.max(ceiling, resident);
            else most = Math.max(most, resident);
        }
        // What the collector's thread hands over late, on a busy machine, waits for the next collection. Two thousandths of each step kept would show.
        boolean flat = most <= ceiling + ceiling / 4;
        System.out.println((flat ? "flat" : "grows") + ": " + (ceiling >> 20) + " MiB in the first 500 steps, " + (most >> 20)
                + " MiB after; loss " + first + " to " + last);
        System.exit(flat && last < first ? 0 : 1);
    }

    private static long residentBytes() throws IOException {
        for (var line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
        }
        return 0;
    }
}
