package lyceum.nn.loss;

import lyceum.DType;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;

/** What the fused loss and its gradients take at most beside their operands, in a JVM that does nothing else. */
public final class LogitsMemory {
    static final int POSITIONS = 2048, VOCABULARY = 4096;

    private LogitsMemory() {}

    /** Bytes at the peak over the bytes of the logits of one chunk. */
    static double overOneChunk(int chunk) {
        var run = ForkedJvm.of(LogitsMemory.class).withFlags("-XX:+UseSerialGC", "-Xms1g", "-Xmx1g", "-Xmn900m").withArguments("" + chunk)
                .run();
        if (run.exitCode() != 0) throw new AssertionError(run.output());
        var line = run.output().lines().filter(l -> l.startsWith("extra ")).findFirst().orElseThrow();
        return Double.parseDouble(line.substring(6)) / (4.0 * chunk * VOCABULARY);
    }

    public static void main(String[] args) {
        try (var scope = Scope.open("all")) {
            Tensor hidden = Tensor.randn(Rng.of(1), DType.F32, 1, POSITIONS + 1, 16).compute().requiresGrad(),
                    head = Tensor.randn(Rng.of(2), DType.F32, VOCABULARY, 16).compute().requiresGrad(),
                    ids = Tensor.randint(Rng.of(3), 0, VOCABULARY, 1, POSITIONS + 1).compute();
            long before = Memory.stats().inUse();
            new CausalLmLoss().withChunk(Integer.parseInt(args[0])).fused(hidden, head, CausalLabels.of(ids)).mean().backward();
            System.out.println("extra " + (Memory.stats().peak() - before));
        }
    }
}
