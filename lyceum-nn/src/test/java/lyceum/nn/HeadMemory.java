package lyceum.nn;

import lyceum.DType;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.nn.loss.Loss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.testing.ForkedJvm;

/** What a softmax head's loss and gradients need at their worst moment beside operands and gradients, in a JVM of its own. */
final class HeadMemory {
    static final int CLASSES = 32_000, WIDTH = 16, ROWS = 256;

    private HeadMemory() {}

    /** Bytes over those of the logits. */
    static double overLogits(String way) {
        var run = ForkedJvm.of(HeadMemory.class).withFlags("-XX:+UseSerialGC", "-Xms1g", "-Xmx1g", "-Xmn900m").withArguments(way).run();
        if (run.exitCode() != 0) throw new AssertionError(run.output());
        var line = run.output().lines().filter(l -> l.startsWith("scratch ")).findFirst().orElseThrow();
        return Double.parseDouble(line.substring(8)) / (4.0 * ROWS * CLASSES);
    }

    public static void main(String[] arguments) {
        try (var scope = Scope.open("all")) {
            var head = new SoftmaxHead(WIDTH, CLASSES, true, DType.F32, Init.normal(0.5), Rng.of(1));
            var hidden = Tensor.randn(Rng.of(2), DType.F32, ROWS, WIDTH).compute().requiresGrad();
            var targets = Tensor.randint(Rng.of(3), 0, CLASSES, ROWS).compute();
            long before = Memory.stats().inUse();
            if (arguments[0].equals("fused")) head.loss(hidden, targets).backward();
            else Loss.crossEntropy(head.forward(hidden), targets).backward();
            long gradients = 4L * (CLASSES * WIDTH + ROWS * WIDTH + CLASSES);
            System.out.println("scratch " + (Memory.stats().peak() - before - gradients));
        }
    }
}
