package lyceum.tensor;

import java.util.Arrays;
import lyceum.memory.Memory;
import lyceum.memory.Scope;
import lyceum.random.Rng;
import lyceum.tensor.FlashAttention.Order;
import lyceum.testing.ForkedJvm;

/**
 * What attention takes of the allocator beside its operands, its result and its gradients, at ascending lengths of one head of 64: the most
 * at once, in a JVM that does nothing else. On one thread that is the same to the byte every time. Two threads work on two tasks at once,
 * each with scratch of its own, or do not, as they happen to wake: what they take is held to upper bounds alone, and never compared with
 * what another length takes.
 */
public final class AttentionMemory {
    static final String[] FLASH = {"flash", "flash forward", "flash forward in 2 splits", "flash forward keys outer"};
    /** What the slabs of three scopes hold beyond what was asked for, what a product packs, and the size classes' quarter. */
    private static final double SLABS = 3 * 320 * 1024, PACKED = 512 * 1024, CLASS = 1.25;

    /** So large a nursery that nothing is collected meanwhile: what was there before and goes would be taken off attention's figure. */
    private static final String[] WITHOUT_COLLECTION = {"-XX:+UseSerialGC", "-Xms1g", "-Xmx1g", "-Xmn900m"};

    /** @param extra bytes at each length @param counted what the unit itself counts; 0 if it does not */
    record Run(int[] lengths, double[] extra, double[] counted) {
        /** Whether the unit counts what the allocator gives, but for what that rounds up. */
        boolean countsRightly(int i) { return counted[i] <= extra[i] && extra[i] <= CLASS * counted[i] + SLABS + PACKED; }
    }

    private AttentionMemory() {}

    static Run onOneThread(String mode, int... lengths) { return of(1, mode, lengths); }

    /** Bytes, of which chance gives less but not more. */
    static double onTwoThreads(String mode, int length) { return of(2, mode, length).extra[0]; }

    private static Run of(int threads, String mode, int... lengths) {
        var arguments = new String[1 + lengths.length];
        arguments[0] = mode;
        for (int i = 0; i < lengths.length; i++) arguments[1 + i] = "" + lengths[i];
        var run = ForkedJvm.of(AttentionMemory.class).withFlags(WITHOUT_COLLECTION).withFlags("-Dlyceum.threads=" + threads)
                .withArguments(arguments).run();
        if (run.exitCode() != 0) throw new AssertionError(run.output());
        double[] extra = new double[lengths.length], counted = new double[lengths.length];
        var lines = run.output().lines().filter(l -> l.startsWith("extra ")).toList();
        for (int i = 0; i < lengths.length; i++) {
            var words = lines.get(i).split(" ");
            extra[i] = Double.parseDouble(words[1]);
            counted[i] = Double.parseDouble(words[2]);
        }
        return new Run(lengths, extra, counted);
    }

    /** The slope of log extra over log length, where lengths double. */
    static double exponent(double[] extra) {
        int n = extra.length;
        double sum = 0, squares = 0, mean = Arrays.stream(extra).map(Math::log).average().orElseThrow() / Math.log(2);
        for (int i = 0; i < n; i++) {
            double x = i - (n - 1) / 2.0;
            sum += x * (Math.log(extra[i]) / Math.log(2) - mean);
            squares += x * x;
        }
        return sum / squares;
    }

    public static void main(String[] args) {
        measure(args[0], 256); // what is made once
        for (int i = 1; i < args.length; i++) System.out.println("extra " + measure(args[0], Integer.parseInt(args[i])));
    }

    private static String measure(String mode, int n) {
        try (var scope = Scope.open("one length")) {
            Tensor q = Tensor.randn(Rng.of(1), 1, 1, n, 64).compute(), k = Tensor.randn(Rng.of(2), 1, 1, n, 64).compute(),
                    v = Tensor.randn(Rng.of(3), 1, 1, n, 64).compute(), g = Tensor.randn(Rng.of(4), 1, 1, n, 64).compute();
            boolean back = !mode.contains("forward");
            long before = Memory.stats().inUse(), results = (back ? 4 : 1) * (4L * n * 64), counted = 0;
            if (mode.startsWith("flash")) {
                var flash = mode.endsWith("splits") ? new FlashAttention().withSplits(2)
                        : mode.endsWith("outer") ? new FlashAttention().withOrder(Order.KEYS_OUTER) : new FlashAttention();
                var forward = flash.forward(new Attention(), q, k, v);
                counted = back ? flash.backward(new Attention(), q, k, v, forward, g).traffic().scratchBytes()
                        : forward.traffic().scratchBytes();
            } else {
                var attention = new Attention().withMethod(Attention.Method.valueOf(mode.split(" ")[0]));
                if (back) attention.of(q.requiresGrad(), k.requiresGrad(), v.requiresGrad()).backward(g);
                else attention.of(q, k, v);
            }
            return Memory.stats().peak() - before - results + " " + counted;
        }
    }
}
